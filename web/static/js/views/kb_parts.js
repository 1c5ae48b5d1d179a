// The parts of a knowledge base that one can go to: its documents, the table of fields, and what is to be looked at.

import { el, setText } from "../dom.js";
import { number } from "../format.js";
import { t } from "../i18n.js";
import { kbLink, reviewLink, tableLink } from "../router.js";

/** Makes the way: `{node, choose(part), review(count)}`. */
export function kbParts(kb) {
  const link = (part, href) => el("a", { href, data: { part } }, el("span", { text: t(`part.${part}`) }));
  const links = [link("documents", kbLink(kb)), link("table", tableLink(kb)), link("review", reviewLink(kb))];
  const count = el("span", { class: "count", id: "review-count" });
  links[2].append(count);
  return {
    node: el("nav", { class: "kb-parts", "aria-label": t("parts") }, links),
    choose(part) {
      for (const one of links) {
        if (one.dataset.part === part) one.setAttribute("aria-current", "page");
        else one.removeAttribute("aria-current");
      }
    },
    review: (n) => setText(count, n ? number(n) : ""),
  };
}
