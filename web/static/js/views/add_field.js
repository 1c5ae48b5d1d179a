// Adding a field that was not found: which one, to which record, and its value.

import { el, icon } from "../dom.js";
import { fullLabel, isField, label, text } from "../fields.js";
import { t } from "../i18n.js";
import { fieldEditor } from "./field_editor.js";

/**
 * Makes the way to add one.
 * @param {object} fields of the document; @param {string[]} paths of the columns there can be
 * @param {function} save takes a correction, a promise; @param {function} closed `(place, saved)`, when it is done
 */
export function addField(fields, paths, save, closed) {
  const place = el("div", {});
  const open = paths.filter((path) => path.includes(".") || !isField(fields[path]));
  const select = el(
    "select",
    { class: "input small-input", id: "add-field", "aria-label": t("fields.add"), on: { change: choose } },
    el("option", { value: "", text: t("fields.add") }),
    open.map((path) => el("option", { value: path, text: fullLabel(path) })),
  );

  function choose() {
    place.replaceChildren();
    const path = select.value;
    if (!path) return;
    const [name, inner] = path.split(".");
    const held = fields[name];
    if (!inner) {
      edit(path, Array.isArray(held) ? held.length : null);
      return;
    }
    const records = Array.isArray(held) ? held : [];
    const free = records.map((record, index) => [record, index]).filter(([record]) => !isField(record[inner]));
    const which = el(
      "select",
      { class: "input small-input", "aria-label": label(name), on: { change: () => edit(path, Number(which.value), which) } },
      free.map(([record, index]) => el("option", { value: index, text: t("fields.toRecord", { name: titleOf(record) }) })),
      el("option", { value: records.length, text: t("fields.newRecord") }),
    );
    edit(path, Number(which.value), which);
  }

  function edit(path, index, which = null) {
    const close = (saved) => {
      select.value = "";
      place.replaceChildren();
      select.focus();
      if (saved) closed(index === null ? path : `${path}/${index}`, true);
    };
    place.replaceChildren(which ?? "", fieldEditor({ path, index, field: null }, save, close));
    place.querySelector("input").focus();
  }

  return el("div", { class: "add-field" }, el("div", { class: "add-line" }, icon("plus"), select), place);
}

const titleOf = (record) =>
  Object.entries(record)
    .filter(([, field]) => isField(field))
    .slice(0, 2)
    .map(([key, field]) => text(key, field))
    .join(" · ");
