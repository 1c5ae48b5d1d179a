// The way from one thing to check to the next, for somebody who goes through the list.

import * as api from "../api.js";
import { el, icon } from "../dom.js";
import { fullLabel } from "../fields.js";
import { t } from "../i18n.js";
import { toastError } from "../notices.js";
import { reviewItemLink, reviewPlace } from "../router.js";

const AHEAD = 100;

/** Makes the way: `{node, at({document, place}), done(), isNext(), focus()}`; `place`: of a field, or a page's number. */
export function reviewNext(kb, signal) {
  const node = el("div", { class: "review-next", id: "review-next" });
  let here = null; // key of what is looked at
  let queue = []; // keys, as the list was when this was opened
  let link = null;
  const done = new Set(); // keys of what was put right; the list has them until their run is through

  const keyOf = (item) => `${item.document}/${reviewPlace(item)}`;

  async function draw() {
    try {
      const { items, counts } = await api.review(kb, { limit: AHEAD }, signal);
      const open = new Map(items.map((item) => [keyOf(item), item]).filter(([key]) => key !== here && !done.has(key)));
      const waiting = items.filter((item) => done.has(keyOf(item))).length;
      const focused = link !== null && link === document.activeElement;
      if (!queue.length) queue = items.map(keyOf);
      const behind = queue.slice(queue.indexOf(here) + 1).find((key) => open.has(key));
      const next = open.get(behind) ?? open.values().next().value;
      link = !next
        ? null
        : el(
          "a",
          { class: "button small primary", href: reviewItemLink(kb, next), id: "next-to-check" },
          el("span", { text: t("review.next") }),
          icon("right"),
        );
      const told = next?.kind === "field" ? fullLabel(next.path) : next && t("pageNumber", { n: next.page });
      node.replaceChildren(
        el("span", { class: "muted", text: next ? `${told} · ${next.filename}` : "", title: next?.filename ?? "" }),
        link ?? el("span", { class: "muted", id: "all-checked", text: t("review.nothing") }),
        link ? el("span", { class: "muted", text: t("review.left", { n: counts.pages + counts.fields - waiting }) }) : "",
      );
      if (focused) link?.focus();
    } catch (error) {
      if (!signal.aborted) toastError(error);
    }
  }

  return {
    node,
    at(what) {
      here = `${what.document}/${what.place}`;
      draw();
    },
    done() {
      done.add(here);
      draw();
    },
    isNext: () => Boolean(link?.isConnected),
    focus: () => link.focus(),
  };
}
