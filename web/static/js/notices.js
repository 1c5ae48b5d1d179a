// Sentences about what happened: near the place where it happened, or briefly at the edge of the page.

import { el, icon, iconButton } from "./dom.js";
import { sentence, t } from "./i18n.js";

const SHOWN_MS = 6000;

/** A box with an error's sentence and, where it helps, a button that tries again. */
export function errorNote(error, retry = null) {
  return el(
    "div",
    { class: "note note-error", role: "alert" },
    icon("alert"),
    el("p", { text: sentence(error) }),
    retry && el("button", { type: "button", class: "button small", on: { click: retry }, text: t("tryAgain") }),
  );
}

/** A short notice that goes away by itself; an error's stays until it is dismissed. */
export function toast(text, { error = false } = {}) {
  const node = el(
    "div",
    { class: `toast ${error ? "toast-error" : ""}` },
    error && icon("alert"),
    el("p", { text }),
    iconButton("close", t("dismiss"), () => node.remove()),
  );
  document.getElementById("toasts").append(node);
  if (!error) setTimeout(() => node.remove(), SHOWN_MS);
}

export const toastError = (error) => toast(sentence(error), { error: true });

/** A place that shows a grey block while something loads; readers hear one word. */
export const loading = () =>
  el(
    "div",
    { class: "loading", role: "status" },
    el("span", { class: "unseen", text: t("loading") }),
    el("span", { class: "bone" }),
    el("span", { class: "bone" }),
    el("span", { class: "bone" }),
  );

/** A button for the next part of a list; it can be pressed once. */
export const moreButton = (id, more) =>
  el("button", {
    type: "button",
    class: "button",
    id,
    text: t("list.more"),
    on: {
      click: (event) => {
        event.currentTarget.disabled = true;
        more();
      },
    },
  });
