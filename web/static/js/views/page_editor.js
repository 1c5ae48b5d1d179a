// The text of a page for a person to put right, a line a line, beside its picture.

import { el, icon } from "../dom.js";
import { t } from "../i18n.js";
import { errorNote } from "../notices.js";

/**
 * Makes the editor.
 * @param {{text: string, box: number[] | null}[]} lines as they were read
 * @param {string | null} draft what was typed before and not saved
 * @param {object} act `save({text} or {confirmed})` a promise; `outline(box or null)` shows a line on the picture; `close()`;
 *   `typed(text or null)` keeps what is not saved yet
 */
export function pageEditor(lines, draft, act) {
  const before = lines.map((line) => line.text).join("\n");
  const area = el("textarea", {
    class: "input page-area",
    id: "page-area",
    spellcheck: "false",
    maxlength: 200_000,
    "aria-label": t("viewer.text"),
    rows: Math.min(Math.max(lines.length + 2, 8), 40),
  });
  area.value = draft ?? before;
  const problem = el("div", {});
  const form = el(
    "form",
    {
      class: "page-editor",
      on: {
        submit: (event) => {
          event.preventDefault();
          save();
        },
      },
    },
    el("p", { class: "muted", text: t("correct.how") }),
    area,
    problem,
    el(
      "div",
      { class: "field-buttons" },
      el("button", { type: "submit", class: "button small primary", id: "save-page", text: t("fields.save") }),
      before &&
        el(
          "button",
          {
            type: "button",
            class: "button small",
            id: "confirm-page",
            title: t("review.confirmWhat"),
            on: { click: () => send({ confirmed: true }) },
          },
          icon("check"),
          t("review.confirm"),
        ),
      el("button", { type: "button", class: "button small", on: { click: close }, text: t("cancelDialog") }),
    ),
  );

  const save = () => send(area.value === before && before ? { confirmed: true } : { text: area.value });

  /** The line where one types, as long as no line came or went. */
  function follow() {
    const typed = area.value.split("\n");
    const at = area.value.slice(0, area.selectionStart).split("\n").length - 1;
    act.outline(typed.length === lines.length ? (lines[at]?.box ?? null) : null);
  }

  function close() {
    act.typed(null);
    act.outline(null);
    act.close();
  }

  async function send(correction) {
    for (const one of form.elements) one.disabled = true;
    problem.replaceChildren();
    try {
      await act.save(correction);
      close();
    } catch (error) {
      problem.replaceChildren(errorNote(error));
      for (const one of form.elements) one.disabled = false;
      area.focus();
    }
  }

  for (const event of ["keyup", "click", "focus", "input"]) area.addEventListener(event, follow);
  area.addEventListener("input", () => act.typed(area.value === before ? null : area.value));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && area.value === before) close();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
  });
  return form;
}
