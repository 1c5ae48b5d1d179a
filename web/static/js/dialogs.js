// Questions that need an answer before anything goes on.

import { el } from "./dom.js";
import { errorNote } from "./notices.js";
import { t } from "./i18n.js";

let count = 0;

/**
 * Opens a dialog and acts on its answer. It stays open, with the error's sentence, where acting fails.
 * @param {object} options `id`, `title`, `content` (nodes), `confirm` (the button's text), `danger`, `act(form data)`
 */
export function openDialog({ id, title, content, confirm, danger = false, act }) {
  const titleId = `dialog-title-${++count}`;
  const problem = el("div", {});
  const submit = el("button", { type: "submit", class: `button ${danger ? "danger" : "primary"}`, text: confirm });
  const form = el(
    "form",
    { class: "dialog-form" },
    el("h2", { id: titleId, text: title }),
    content,
    problem,
    el(
      "div",
      { class: "dialog-buttons" },
      el("button", { type: "button", class: "button", text: t("cancelDialog"), on: { click: () => dialog.close() } }),
      submit,
    ),
  );
  const dialog = el("dialog", { id, "aria-labelledby": titleId }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.replaceChildren();
    try {
      await act(new FormData(form));
      dialog.close();
    } catch (error) {
      problem.replaceChildren(errorNote(error));
    }
    submit.disabled = false;
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  (danger ? submit : dialog.querySelector("input"))?.focus();
}
