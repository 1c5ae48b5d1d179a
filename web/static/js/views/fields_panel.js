// The fields found in a document, each with how sure it is and the way to its place.

import { el, icon } from "../dom.js";
import { isField, label, text } from "../fields.js";
import { percent } from "../format.js";
import { t } from "../i18n.js";

const UNSURE = 0.7;

/** How many values there are. */
export function countFields(fields) {
  const count = (value) =>
    isField(value)
      ? 1
      : value && typeof value === "object"
        ? Object.values(value).reduce((sum, one) => sum + count(one), 0)
        : 0;
  return count(fields);
}

/** Draws fields of any schema; `reveal(field)` shows a field's box on its page. */
export function fieldsPanel(fields, working, reveal) {
  const entries = Object.entries(fields).filter(([, value]) => countFields({ value }) > 0);
  if (!entries.length) return el("p", { class: "muted", text: t(working ? "fields.notYet" : "fields.none") });
  return el(
    "dl",
    { class: "fields", id: "fields" },
    entries.map(([name, value]) => {
      if (isField(value)) return entry(name, [valueNode(name, value, reveal)]);
      if (Array.isArray(value) && value.every(isField))
        return entry(name, [
          el(
            "ul",
            { class: "field-list" },
            value.map((field) => el("li", {}, valueNode(name, field, reveal))),
          ),
        ]);
      const records = Array.isArray(value) ? value : [value];
      return entry(
        name,
        records.map((record) =>
          el(
            "dl",
            { class: "record" },
            Object.entries(record)
              .filter(([, field]) => isField(field))
              .map(([key, field]) => entry(`${name}.${key}`, [valueNode(key, field, reveal)])),
          ),
        ),
      );
    }),
  );
}

const entry = (path, values) =>
  el("div", { class: "field-entry", data: { field: path } }, el("dt", { text: label(path) }), el("dd", {}, values));

function valueNode(name, field, reveal) {
  const sure = typeof field.confidence === "number" ? field.confidence : null;
  const confidence =
    sure === null
      ? null
      : el("span", {
          class: `sure ${sure < UNSURE ? "unsure" : ""}`,
          text: percent(sure),
          title: t("fields.confidence", { percent: percent(sure), method: field.method ?? "" }),
        });
  const shown = text(name, field);
  if (!field.page || !field.box) return el("span", { class: "field-value" }, el("span", { text: shown }), confidence);
  return el(
    "button",
    {
      type: "button",
      class: "field-value",
      title: t("fields.show", { n: field.page }),
      on: { click: () => reveal(field) },
    },
    el("span", { text: shown }),
    confidence,
    icon("target"),
  );
}
