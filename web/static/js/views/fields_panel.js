// The fields found in a document, each with how sure it is, the way to its place, and a way to put it right.

import { el, icon, iconButton } from "../dom.js";
import { isField, isUnsure, label, text } from "../fields.js";
import { fullMoment, percent } from "../format.js";
import { t } from "../i18n.js";
import { fieldEditor } from "./field_editor.js";

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

/** The field at a place, "work.title/1", or null. */
export function fieldAt(fields, place) {
  const [path, at] = place.split("/");
  const [name, inner] = path.split(".");
  const held = fields[name];
  const item = Array.isArray(held) ? held[Number(at ?? 0)] : held;
  const found = inner ? item?.[inner] : item;
  return isField(found) ? found : null;
}

/**
 * Draws fields of any schema.
 * @param {object} act `reveal(field)` shows a field's box on its page; `save(correction)` puts a field right, a promise;
 *   null where nobody may; `closed(place, saved)` is told when an editor was closed
 */
export function fieldsPanel(fields, working, act) {
  const entries = Object.entries(fields).filter(([, value]) => countFields({ value }) > 0);
  if (!entries.length) return el("p", { class: "muted", text: t(working ? "fields.notYet" : "fields.none") });
  return el(
    "dl",
    { class: "fields", id: "fields" },
    entries.map(([name, value]) => {
      if (isField(value)) return entry(name, [valueNode(name, null, value, act)]);
      const listed = Array.isArray(value);
      if (listed && value.every(isField))
        return entry(name, [
          el(
            "ul",
            { class: "field-list" },
            value.map((field, index) => el("li", {}, valueNode(name, index, field, act))),
          ),
        ]);
      const records = listed ? value : [value];
      return entry(
        name,
        records.map((record, index) =>
          el(
            "dl",
            { class: "record" },
            Object.entries(record)
              .filter(([, field]) => isField(field))
              .map(([key, field]) => {
                const path = `${name}.${key}`;
                return entry(path, [valueNode(path, listed ? index : null, field, act)]);
              }),
          ),
        ),
      );
    }),
  );
}

const entry = (path, values) =>
  el("div", { class: "field-entry", data: { field: path } }, el("dt", { text: label(path) }), el("dd", {}, values));

function valueNode(path, index, field, act) {
  const shown = text(path.split(".").at(-1), field);
  const place = index === null ? path : `${path}/${index}`;
  const node = el("div", { class: "field-line", data: { place } });
  const value =
    field.page && field.box
      ? el(
          "button",
          {
            type: "button",
            class: "field-value",
            title: t("fields.show", { n: field.page }),
            on: { click: () => act.reveal(field) },
          },
          el("span", { text: shown }),
          sureness(field),
          icon("target"),
        )
      : el("span", { class: "field-value" }, el("span", { text: shown }), sureness(field));
  const edit =
    act.save &&
    iconButton("edit", t("fields.edit", { name: label(path) }), () => {
      if (field.page && field.box) act.reveal(field);
      node.replaceChildren(
        fieldEditor({ path, index, field }, act.save, (saved) => {
          node.replaceChildren(value, edit);
          act.closed(place, saved);
        }),
      );
      node.querySelector("input").select();
    });
  node.append(value, edit || "");
  return node;
}

function sureness(field) {
  if (field.method === "corrected")
    return el(
      "span",
      {
        class: "sure corrected",
        title: t("fields.corrected", { author: field.author ?? "", when: field.corrected_at ? fullMoment(field.corrected_at) : "" }),
      },
      icon("check"),
    );
  if (typeof field.confidence !== "number") return null;
  return el("span", {
    class: `sure ${isUnsure(field) ? "unsure" : ""}`,
    text: percent(field.confidence),
    title: t("fields.confidence", { percent: percent(field.confidence), method: field.method ?? "" }),
  });
}
