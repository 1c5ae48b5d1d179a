// Putting a field right in its place: another value, the word that it is right, or that it is none.

import { el, icon } from "../dom.js";
import { label } from "../fields.js";
import { t } from "../i18n.js";
import { errorNote } from "../notices.js";

/**
 * Makes the editor of a field.
 * @param {object} what `path`, `index` (null for a single field), `field` (null to add one)
 * @param {function} save takes a correction, a promise
 * @param {function} close called when it is done, with true, or given up
 */
export function fieldEditor({ path, index, field }, save, close) {
  const input = el("input", {
    class: "input small-input",
    name: "value",
    value: field?.value ?? "",
    maxlength: 6_000,
    autocomplete: "off",
    "aria-label": label(path),
  });
  const problem = el("div", {});
  const button = (name, content, title, act) =>
    el("button", { type: "button", class: "button small", title, data: { act: name }, on: { click: act } }, content);
  const form = el("form", { class: "field-editor", on: { submit } }, input, buttons(), problem);

  function buttons() {
    return el(
      "div",
      { class: "field-buttons" },
      el("button", { type: "submit", class: "button small primary", text: t("fields.save") }),
      field &&
        field.method !== "corrected" &&
        button("confirm", [icon("check"), t("review.confirm")], t("review.confirmWhat"), () => send(field.value)),
      field && button("remove", [icon("trash"), t("fields.remove")], t("fields.removeWhat"), () => send(null)),
      button("cancel", [t("cancelDialog")], null, () => close(false)),
    );
  }

  function submit(event) {
    event.preventDefault();
    const value = input.value.trim();
    if (value) send(value);
    else input.focus();
  }

  async function send(value) {
    for (const one of form.elements) one.disabled = true;
    problem.replaceChildren();
    try {
      await save({ path, index, value, ...(field ? { was: field.value } : {}) });
      close(true);
    } catch (error) {
      problem.replaceChildren(errorNote(error));
      for (const one of form.elements) one.disabled = false;
      input.focus();
    }
  }

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close(false);
  });
  return form;
}
