// What a person should look at: pages that were read unsurely, and fields below the line, least sure first.

import * as api from "../api.js";
import { el, icon, segmented } from "../dom.js";
import { fullLabel, text } from "../fields.js";
import { number, percent } from "../format.js";
import { has, t } from "../i18n.js";
import { errorNote, loading, moreButton, toastError } from "../notices.js";
import { go, reviewItemLink, reviewLink } from "../router.js";
import { mayWrite } from "../session.js";

const AT_ONCE = 50;
const CHANGED_MS = 1500;

/** Makes the list: `{node, update(route), changed()}`; `counted(counts)` is told how much there is. */
export function reviewList(kb, signal, counted) {
  const controls = el("div", { class: "search-controls" });
  const place = el("div", { id: "review-list", "aria-live": "polite" });
  const node = el("section", { class: "review", "aria-label": t("review.title") }, controls, place);
  let kind = null;
  let items = [];
  let cursor = null;
  let stop = new AbortController();
  let timer = 0;

  async function ask(limit = AT_ONCE, from = null) {
    stop.abort();
    stop = new AbortController();
    const mine = stop.signal;
    signal.addEventListener("abort", () => stop.abort(), { signal: mine });
    try {
      const answer = await api.review(kb, { kind, limit, cursor: from }, mine);
      if (mine.aborted) return;
      items = from ? [...items, ...answer.items] : answer.items;
      cursor = answer.next_cursor;
      counted(answer.counts);
      draw(answer.counts);
    } catch (error) {
      if (!mine.aborted) place.replaceChildren(errorNote(error, () => ask(limit, from)));
    }
  }

  function draw({ pages, fields }) {
    const choice = (name, n) => el("span", {}, t(`review.${name}`), el("span", { class: "count", text: number(n) }));
    controls.replaceChildren(
      segmented(
        "review-kind",
        t("review.kind"),
        [
          ["", choice("all", pages + fields)],
          ["page", choice("pages", pages)],
          ["field", choice("fields", fields)],
        ],
        kind ?? "",
        (value) => go(reviewLink(kb, value)),
      ),
      el("p", { class: "muted", text: t("review.what") }),
    );
    if (!items.length) {
      place.replaceChildren(el("div", { class: "empty", id: "nothing-to-review" }, icon("check"), el("h2", { text: t("review.nothing") })));
      return;
    }
    place.replaceChildren(
      el("ol", { class: "review-items" }, items.map(itemNode)),
      cursor ? moreButton("more-review", () => ask(AT_ONCE, cursor)) : "",
    );
  }

  function itemNode(item) {
    const field = item.kind === "field";
    const href = reviewItemLink(kb, item);
    const told = [`why.${item.why}`, `error.${item.why}`].find(has);
    const why = told ? t(told) : (item.note ?? item.why);
    const unread = !field && !item.confidence && has(`error.${item.why}`); // has no text that could be right
    return el(
      "li",
      { class: "review-item", data: { kind: item.kind, document: item.document, ...(field ? { path: item.path } : {}) } },
      icon(field ? "tag" : "file"),
      el(
        "a",
        { href, class: "review-link" },
        el("strong", { text: field ? text(item.path.split(".").at(-1), item) : t("pageNumber", { n: item.page }) }),
        el("span", { class: "muted", text: field ? fullLabel(item.path) : why }),
      ),
      el("span", {
        class: "muted review-file",
        text: item.page && field ? `${item.filename} · ${t("pageNumber", { n: item.page })}` : item.filename,
        title: item.filename,
      }),
      el("span", { class: "sure unsure", text: percent(item.confidence), title: why }),
      mayWrite() && !unread && confirmButton(item),
    );
  }

  function confirmButton(item) {
    const right =
      item.kind === "field"
        ? { fields: [{ path: item.path, index: item.index, value: item.value, was: item.value }] }
        : { pages: [{ page: item.page, confirmed: true }] };
    return el(
      "button",
      {
        type: "button",
        class: "button small",
        title: t("review.confirmWhat"),
        data: { confirm: item.kind },
        on: {
          click: async (event) => {
            const button = event.currentTarget;
            button.disabled = true;
            try {
              await api.correct(kb, item.document, right);
              items = items.filter((other) => other !== item);
              button.closest("li").remove();
              changed();
            } catch (error) {
              toastError(error);
              button.disabled = false;
            }
          },
        },
      },
      icon("check"),
      t("review.confirm"),
    );
  }

  /** A document changed: the list is asked for anew, but not too often. */
  function changed() {
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      if (node.isConnected) ask(Math.max(items.length, AT_ONCE));
    }, CHANGED_MS);
  }

  signal.addEventListener("abort", () => clearTimeout(timer));
  return {
    node,
    update({ query }) {
      kind = ["page", "field"].includes(query.get("kind")) ? query.get("kind") : null;
      cursor = null;
      if (!items.length) place.replaceChildren(loading());
      ask();
    },
    changed,
  };
}
