// What may be written into the search box besides words.

import { el } from "../dom.js";
import { t } from "../i18n.js";

const FORMS = ["phrase", "without", "prefix", "filter"];

/** Makes the hint, folded away unless `open`. */
export function searchHelp(open = false) {
  return el(
    "details",
    { class: "search-help", open },
    el("summary", { text: t("search.help") }),
    el(
      "dl",
      {},
      FORMS.map((form) => [
        el("dt", {}, el("code", { text: t(`help.${form}`) })),
        el("dd", { text: t(`help.${form}.what`) }),
      ]),
    ),
  );
}
