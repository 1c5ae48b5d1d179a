// A row of the table of fields. Values lead to their place on the page; long cells are cut until somebody wants the rest.

import { el } from "../dom.js";
import { isField, isUnsure, text } from "../fields.js";
import { fullMoment, moment } from "../format.js";
import { t } from "../i18n.js";
import { pageLink } from "../router.js";

const RECORDS = 3;
const LISTED = 5;

/**
 * Makes a row.
 * @param {object} row as the server tells it; @param {string[]} paths of the columns
 * @param {Set<string>} whole documents whose row shows all that it holds; a click on "+5" adds to it
 */
export function rowNode(kb, row, paths, whole) {
  const cells = paths.map((path) => el("td", { data: { path } }));
  const draw = () => cells.forEach((cell, at) => cell.replaceChildren(...cellNodes(kb, row, paths[at], whole, open)));
  const open = (event) => {
    const cell = event.currentTarget.closest("td");
    whole.add(row.document);
    draw();
    (cell.querySelector("a") ?? cell).focus();
  };
  draw();
  return el(
    "tr",
    { data: { document: row.document } },
    el(
      "th",
      { scope: "row" },
      el("a", { href: pageLink(kb, row.document, 1, { from: "table" }), title: row.filename, text: row.filename }),
    ),
    cells,
    el("td", {}, el("time", { datetime: row.created_at, title: fullMoment(row.created_at), text: moment(row.created_at) })),
  );
}

/** The values at a path; of records a line each, so that the columns of one document stay in step. */
function cellNodes(kb, row, path, whole, open) {
  const [name, inner] = path.split(".");
  const held = row.fields[name] ?? [];
  const listed = Array.isArray(held);
  const fields = (listed ? held : [held]).map((item) => (inner ? item[inner] : item));
  if (!fields.some(isField)) return [];
  const most = whole.has(row.document) ? Infinity : inner ? RECORDS : LISTED;
  const rest = fields.slice(most).filter(isField);
  const items = fields.slice(0, most).map((field, index) => {
    if (!isField(field)) return el("li", {});
    return el("li", {}, valueLink(kb, row, listed ? `${path}/${index}` : path, path.split(".").at(-1), field));
  });
  return [
    el("ul", { class: inner ? "cell-records" : listed ? "cell-list" : null }, items),
    rest.length > 0 &&
      el("button", {
        type: "button",
        class: "link-button cell-more",
        text: t("table.more", { n: rest.length }),
        title: rest.map((field) => text(path.split(".").at(-1), field)).join("\n"),
        on: { click: open },
      }),
  ].filter(Boolean);
}

function valueLink(kb, row, place, name, field) {
  const shown = text(name, field);
  const unsure = isUnsure(field);
  const props = {
    class: `cell-value ${unsure ? "unsure" : ""}`,
    title: unsure ? `${shown}\n${t("table.unsure")}` : shown,
    text: shown,
  };
  if (!field.page) return el("span", props);
  return el("a", { ...props, href: pageLink(kb, row.document, field.page, { field: place, from: "table" }) });
}
