// The table of fields: a row a document, as in a recruiter's spreadsheet. The address says how it is asked for.

import * as api from "../api.js";
import { el, icon } from "../dom.js";
import { fullLabel, isField, text } from "../fields.js";
import { moment, fullMoment } from "../format.js";
import { t } from "../i18n.js";
import { errorNote, loading } from "../notices.js";
import { go, pageLink, tableLink } from "../router.js";
import { columnChooser } from "./column_chooser.js";
import { filterBar } from "./filter_bar.js";

const AT_ONCE = 50;
const MOST = 500;
const UNSURE = 0.8;
const CHANGED_MS = 1500;
const FIXED = ["filename", "created_at"];

/** Makes the table: `{node, update(route), changed()}`. */
export function fieldTable(kb, signal) {
  const controls = el("div", { class: "search-controls" });
  const place = el("div", { class: "table-place", id: "field-table", "aria-live": "polite" });
  const node = el("section", { class: "field-table", "aria-label": t("table.title") }, controls, place);
  let wanted = null;
  let all = []; // paths of every column there is
  let rows = [];
  let cursor = null;
  let stop = new AbortController();
  let timer = 0;

  const wantedBy = ({ query }) => ({
    q: query.get("q") ?? "",
    sort: query.get("sort") ?? "",
    filters: query.getAll("filter"),
    columns: query.getAll("column"),
  });
  const change = (part) => go(tableLink(kb, { ...wanted, ...part }));
  const queryOf = ({ q, sort, filters, columns }) => ({ q, sort, filter: filters, column: columns });

  async function ask(limit = AT_ONCE, from = null) {
    stop.abort();
    stop = new AbortController();
    const mine = stop.signal;
    signal.addEventListener("abort", () => stop.abort(), { signal: mine });
    try {
      if (!all.length) all = (await api.fieldTable(kb, { limit: 1 }, mine)).columns.map(({ name }) => name);
      const answer = await api.fieldTable(kb, { ...queryOf(wanted), limit, cursor: from }, mine);
      if (mine.aborted) return;
      rows = from ? [...rows, ...answer.items] : answer.items;
      cursor = answer.next_cursor;
      draw(answer);
    } catch (error) {
      if (!mine.aborted) place.replaceChildren(errorNote(error, () => ask(limit, from)));
    }
  }

  function drawControls(columns, total) {
    const bar = filterBar([...FIXED, "language", "tag", ...all], wanted.filters, (filters) => change({ filters }));
    controls.replaceChildren(
      el("p", { class: "muted", id: "table-count", text: t("documents", { n: total }) }),
      el(
        "div",
        { class: "table-tools" },
        columnChooser(all, columns, (chosen) => change({ columns: chosen })),
        el(
          "a",
          { class: "button small", id: "table-csv", download: "fields.csv", href: api.fieldsFile(kb, queryOf(wanted)) },
          icon("download"),
          t("table.csv"),
        ),
      ),
      bar.form,
      ...bar.chips.filter(Boolean),
    );
  }

  function draw({ columns, total }) {
    const paths = columns.map(({ name }) => name);
    drawControls(paths, total);
    if (!rows.length) {
      place.replaceChildren(
        el("div", { class: "empty" }, icon("table"), el("p", { text: t(wanted.filters.length ? "table.nothing" : "table.empty") })),
      );
      return;
    }
    const scrolled = place.firstElementChild?.scrollLeft ?? 0;
    const frame = el(
      "div",
      { class: "table-frame", tabindex: 0, role: "region", "aria-label": t("table.title") },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, [FIXED[0], ...paths, FIXED[1]].map(head))),
        el(
          "tbody",
          {},
          rows.map((row) => rowNode(row, paths)),
        ),
      ),
    );
    place.replaceChildren(
      frame,
      cursor
        ? el("button", {
            type: "button",
            class: "button",
            id: "more-rows",
            text: t("list.more"),
            on: {
              click: (event) => {
                event.currentTarget.disabled = true;
                ask(AT_ONCE, cursor);
              },
            },
          })
        : "",
    );
    frame.scrollLeft = scrolled;
  }

  /** Ascending, then descending, then as the documents came. */
  function head(name) {
    const now = wanted.sort === name ? "ascending" : wanted.sort === `-${name}` ? "descending" : "none";
    const next = { none: name, ascending: `-${name}`, descending: "" }[now];
    const shown = FIXED.includes(name) ? t(`table.${name}`) : fullLabel(name);
    return el(
      "th",
      { scope: "col", "aria-sort": now, data: { column: name } },
      el(
        "button",
        { type: "button", title: t("table.sort", { name: shown }), on: { click: () => change({ sort: next }) } },
        el("span", { text: shown }),
        el("span", { class: "sort-mark", "aria-hidden": "true", text: { none: "", ascending: "▲", descending: "▼" }[now] }),
      ),
    );
  }

  function rowNode(row, paths) {
    return el(
      "tr",
      { data: { document: row.document } },
      el(
        "th",
        { scope: "row" },
        el("a", { href: pageLink(kb, row.document, 1, { from: "table" }), title: row.filename, text: row.filename }),
      ),
      paths.map((path) => el("td", { data: { path } }, values(row, path))),
      el("td", {}, el("time", { datetime: row.created_at, title: fullMoment(row.created_at), text: moment(row.created_at) })),
    );
  }

  /** The values at a path; of records a line each, so that the columns of one document stay in step. */
  function values(row, path) {
    const [name, inner] = path.split(".");
    const held = row.fields[name] ?? [];
    const items = Array.isArray(held) ? held : [held];
    const fields = items.map((item, index) => [inner ? item[inner] : item, Array.isArray(held) ? index : null]);
    if (!fields.some(([field]) => isField(field))) return null;
    return el(
      inner ? "ol" : "ul",
      { class: inner ? "cell-records" : "cell-list" },
      fields.map(([field, index]) => el("li", {}, isField(field) ? valueLink(row, path, index, field) : "")),
    );
  }

  function valueLink(row, path, index, field) {
    const shown = text(path.split(".").at(-1), field);
    const unsure = typeof field.confidence === "number" && field.confidence < UNSURE;
    const props = { class: `cell-value ${unsure ? "unsure" : ""}`, title: unsure ? t("table.unsure") : shown };
    if (!field.page) return el("span", { ...props, text: shown });
    const place_ = index === null ? path : `${path}/${index}`;
    return el("a", { ...props, href: pageLink(kb, row.document, field.page, { field: place_, from: "table" }), text: shown });
  }

  signal.addEventListener("abort", () => clearTimeout(timer));
  return {
    node,
    update(route) {
      const next = wantedBy(route);
      if (JSON.stringify(next) === JSON.stringify(wanted)) return;
      wanted = next;
      cursor = null;
      if (!rows.length) place.replaceChildren(loading());
      ask();
    },
    /** A document changed: what is shown is asked for anew, but not too often. */
    changed() {
      if (timer || !wanted) return;
      timer = setTimeout(() => {
        timer = 0;
        all = [];
        if (node.isConnected) ask(Math.min(Math.max(rows.length, AT_ONCE), MOST));
        else wanted = null; // asked for when it is shown again
      }, CHANGED_MS);
    },
  };
}
