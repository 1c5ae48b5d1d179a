// Who put what right in a document, and when; each can be taken back.

import { el } from "../dom.js";
import { fullLabel } from "../fields.js";
import { fullMoment, moment } from "../format.js";
import { t } from "../i18n.js";
import { toastError } from "../notices.js";
import { mayWrite } from "../session.js";

/** Draws the corrections of a document, newest first; `takeBack(id)` is a promise. */
export function correctionList(items, takeBack) {
  if (!items.length) return el("p", { class: "muted", text: t("correct.none") });
  return el(
    "ol",
    { class: "corrections", id: "corrections" },
    items.map((item) => itemNode(item, takeBack)),
  );
}

function itemNode(item, takeBack) {
  const what = item.kind === "page" ? t("pageNumber", { n: item.page }) : fullLabel(item.path);
  return el(
    "li",
    { class: item.stands ? "" : "replaced", data: { correction: item.id } },
    el("strong", { text: what }),
    el("span", { text: told(item) }),
    el("span", { class: "muted" }, item.author, " · ", el("time", { datetime: item.created_at, title: fullMoment(item.created_at), text: moment(item.created_at) })),
    item.stands
      ? mayWrite() && el("button", { type: "button", class: "link-button", text: t("correct.takeBack"), on: { click: take } })
      : el("span", { class: "muted", text: t("correct.replaced") }),
  );

  async function take(event) {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      await takeBack(item.id);
    } catch (error) {
      toastError(error);
      button.disabled = false;
    }
  }
}

function told(item) {
  if (item.confirmed) return t("correct.confirmed", { value: item.value ?? "" });
  if (item.kind === "page") return t("correct.page");
  if (item.value === null) return t("correct.removed", { was: item.was ?? "" });
  return item.was === null ? t("correct.added", { value: item.value }) : t("correct.changed", { was: item.was, value: item.value });
}
