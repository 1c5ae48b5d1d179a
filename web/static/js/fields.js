// Fields that were found in a document: a field, a list of fields, or a list of records, of any name.

import { has, t } from "./i18n.js";

let line = 0.7; // the server's setting as it comes, until the server has told its own

/** Fields with less confidence than this are for people to look at. */
export const setReviewLine = (confidence) => {
  line = confidence;
};

export const isUnsure = (field) => typeof field.confidence === "number" && field.confidence < line;

/** A field's name as people read it. */
export function label(path) {
  const key = `field.${path}`;
  if (has(key)) return t(key);
  const last = path.split(".").at(-1).replaceAll("_", " ");
  return last.charAt(0).toUpperCase() + last.slice(1);
}

/** A field's name with that of the list of records it is in. */
export function fullLabel(path) {
  const [name, inner] = path.split(".");
  return inner ? `${label(name)} · ${label(path)}` : label(path);
}

export const isField = (value) => value !== null && typeof value === "object" && "value" in value;

export function text(name, field) {
  const value = typeof field.value === "string" ? field.value : JSON.stringify(field.value);
  const key = `${name}.${value}`;
  return has(key) ? t(key) : value;
}

const FIRST = ["name", "title"];

/** The few fields that tell what a document is: `[[label, value], ...]`. */
export function telling(fields) {
  const found = FIRST.filter((name) => isField(fields[name])).map((name) => [label(name), text(name, fields[name])]);
  for (const [name, keys] of [
    ["education", ["school", "degree"]],
    ["work", ["employer", "title"]],
  ]) {
    const record = Array.isArray(fields[name]) ? fields[name][0] : null;
    const values = keys.filter((key) => isField(record?.[key])).map((key) => text(key, record[key]));
    if (values.length) found.push([label(name), values.join(" · ")]);
  }
  if (Array.isArray(fields.skills) && fields.skills.length)
    found.push([
      label("skills"),
      fields.skills
        .slice(0, 4)
        .filter(isField)
        .map((field) => text("skills", field))
        .join(", "),
    ]);
  if (found.length) return found;
  // Of a schema of one's own: what it asks for first.
  const single = Object.entries(fields).filter(([name, field]) => name !== "language" && isField(field));
  return single.slice(0, 3).map(([name, field]) => [label(name), text(name, field)]);
}
