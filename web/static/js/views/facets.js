// How many documents have which value: a click narrows the search to them.

import { el, icon } from "../dom.js";
import { fullLabel, text } from "../fields.js";
import { number } from "../format.js";
import { t } from "../i18n.js";

const SHORT = 6;

/** The facets that are worth asking for, by the columns that documents have: `[{name, kind}]`. */
export function facetNames(columns) {
  const told = columns.filter(({ name, filled }) => filled && !UNIQUE.test(name)).map(({ name }) => name);
  return ["language", "tag", ...told].slice(0, 10);
}
const UNIQUE = /^(name|title|phones?|emails?|amounts|dates|birth_date)$|\.(start|end)$/;

/** Draws the facets of an answer; `toggle(filters)` adds filters that do not hold yet and takes off those that do. */
export function facetsPanel(facets, filters, toggle) {
  const shown = facets.filter(({ values }) => values.length > 0);
  if (!shown.length) return "";
  return el(
    "aside",
    { class: "facets", id: "facets", "aria-label": t("facets") },
    shown.map((facet, index) => facetNode(facet, filters, toggle, index < 5)),
  );
}

function facetNode({ name, values, more }, filters, toggle, open) {
  const list = el("ul", {});
  const draw = (count) => list.replaceChildren(...values.slice(0, count).map((value) => valueNode(name, value, filters, toggle)));
  draw(SHORT);
  const rest = values.length - SHORT;
  const all =
    rest > 0 &&
    el("button", {
      type: "button",
      class: "link-button",
      text: t("facets.more", { n: rest }),
      on: {
        click: () => {
          draw(values.length);
          all.remove();
        },
      },
    });
  return el(
    "details",
    { class: "facet", open, data: { facet: name } },
    el("summary", { text: fullLabel(name) }),
    list,
    all,
    more && el("p", { class: "muted", text: t("facets.others") }),
  );
}

function valueNode(name, { value, count, filters: wanted }, filters, toggle) {
  const chosen = wanted.length > 0 && wanted.every((filter) => filters.includes(filter));
  const shown = shownValue(name, value);
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        class: "facet-value",
        "aria-pressed": String(chosen),
        disabled: wanted.length === 0,
        title: shown,
        data: { value },
        on: { click: () => toggle(wanted, chosen) },
      },
      el("span", { class: "facet-text", text: shown }),
      chosen ? icon("close") : el("span", { class: "count", text: number(count) }),
    ),
  );
}

function shownValue(name, value) {
  if (name === "language") return t(`language.${value}`);
  return text(name.split(".").at(-1), { value });
}
