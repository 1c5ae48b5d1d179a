// Filters as people write them: a line to add one, and those that hold as chips that can be taken off.

import { el, icon } from "../dom.js";
import { t } from "../i18n.js";

const FORM = /^\s*([^:：=＝<>≤≥!！]+?)\s*(>=|<=|!=|！=|[:：=＝<>≤≥])\s*(\S.*?)\s*$/;
const PLAIN = { "：": ":", "＝": "=", "≤": "<=", "≥": ">=", "！=": "!=" };

/** A filter in the form of the API, or null: `years >= 5` is `years>=5`, `技能：Redis` is `技能:Redis`. */
export function parseFilter(text) {
  const found = FORM.exec(text);
  return found ? `${found[1]}${PLAIN[found[2]] ?? found[2]}${found[3]}` : null;
}

/** Makes the bar: `{form, chips}`; `change(filters)` is called with what is to hold then. */
export function filterBar(names, filters, change) {
  const problem = el("p", { class: "field-problem", role: "alert" });
  const input = el("input", {
    class: "input small-input",
    id: "filter-input",
    list: "filter-names",
    placeholder: t("search.filterExample", { example: names.includes("years") ? "years>=5" : "tag:2024" }),
    "aria-label": t("search.addFilter"),
    autocomplete: "off",
    maxlength: 500,
  });
  const submit = (event) => {
    event.preventDefault();
    const filter = parseFilter(input.value);
    if (!filter) problem.textContent = t("search.filterForm");
    else if (!filters.includes(filter)) change([...filters, filter]);
  };
  const remove = (filter) => change(filters.filter((other) => other !== filter));
  return {
    form: el(
      "form",
      { class: "filter-form", on: { submit } },
      icon("filter"),
      input,
      el(
        "datalist",
        { id: "filter-names" },
        names.map((name) => el("option", { value: `${name}:` })),
      ),
      el("button", { type: "submit", class: "button small", text: t("search.add") }),
    ),
    chips: [
      filters.length > 0 &&
        el(
          "ul",
          { class: "chips", "aria-label": t("search.filters") },
          filters.map((filter) =>
            el(
              "li",
              {},
              el(
                "button",
                {
                  type: "button",
                  class: "chip chip-removable",
                  data: { filter },
                  "aria-label": t("search.removeFilter", { filter }),
                  on: { click: () => remove(filter) },
                },
                filter,
                icon("close"),
              ),
            ),
          ),
        ),
      problem,
    ],
  };
}
