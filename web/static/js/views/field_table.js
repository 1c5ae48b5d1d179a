// The table of fields: a row a document, as in a recruiter's spreadsheet. The address says how it is asked for.
// Columns that no document fills are left out until somebody asks for them.

import * as api from "../api.js";
import { el, icon } from "../dom.js";
import { fullLabel } from "../fields.js";
import { t } from "../i18n.js";
import { errorNote, loading, moreButton } from "../notices.js";
import { go, tableLink } from "../router.js";
import { columnChooser } from "./column_chooser.js";
import { rowNode } from "./field_row.js";
import { filterBar } from "./filter_bar.js";

const AT_ONCE = 50;
const MOST = 500;
const CHANGED_MS = 1500;
const FIXED = ["filename", "created_at"];

/** Makes the table: `{node, update(route), changed()}`. */
export function fieldTable(kb, signal) {
  const controls = el("div", { class: "search-controls" });
  const place = el("div", { class: "table-place", id: "field-table", "aria-live": "polite" });
  const node = el("section", { class: "field-table", "aria-label": t("table.title") }, controls, place);
  let wanted = null;
  let all = []; // every column there is: [{name, kind, filled}]
  const whole = new Set(); // documents whose row shows all that it holds
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
  const filled = () => all.filter((column) => column.filled).map(({ name }) => name);
  /** The columns to show: those chosen; else those that a document fills. */
  const shown = () => (wanted.columns.length ? wanted.columns : filled());
  const queryOf = ({ q, sort, filters }) => ({ q, sort, filter: filters, column: shown() });

  async function ask(limit = AT_ONCE, from = null) {
    stop.abort();
    stop = new AbortController();
    const mine = stop.signal;
    signal.addEventListener("abort", () => stop.abort(), { signal: mine });
    try {
      if (!all.length) all = (await api.fieldTable(kb, { limit: 1 }, mine)).columns;
      const answer = await api.fieldTable(kb, { ...queryOf(wanted), limit, cursor: from }, mine);
      if (mine.aborted) return;
      rows = from ? [...rows, ...answer.items] : answer.items;
      cursor = answer.next_cursor;
      draw(answer);
    } catch (error) {
      if (mine.aborted) return;
      drawControls(shown(), null); // a filter that means nothing can be taken off
      place.replaceChildren(errorNote(error, () => ask(limit, from)));
    }
  }

  function drawControls(columns, total) {
    const names = all.map(({ name }) => name);
    const empty = wanted.columns.length || total === null ? 0 : names.length - columns.length;
    const bar = filterBar([...FIXED, "language", "tag", ...names], wanted.filters, (filters) => change({ filters }));
    controls.replaceChildren(
      el("p", { class: "muted", id: "table-count", text: total === null ? "" : t("documents", { n: total }) }),
      el(
        "div",
        { class: "table-tools" },
        columnChooser(all, columns, (chosen) => {
          const usual = filled();
          const same = chosen.length === usual.length && chosen.every((name) => usual.includes(name));
          change({ columns: same ? [] : chosen });
        }),
        el(
          "a",
          { class: "button small", id: "table-csv", download: "fields.csv", href: api.fieldsFile(kb, queryOf(wanted)) },
          icon("download"),
          t("table.csv"),
        ),
        empty > 0 &&
          el("button", {
            type: "button",
            class: "link-button",
            id: "empty-columns",
            text: t("table.emptyColumns", { n: empty }),
            title: t("table.showEmpty"),
            on: { click: () => change({ columns: names }) },
          }),
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
          rows.map((row) => rowNode(kb, row, paths, whole)),
        ),
      ),
    );
    place.replaceChildren(
      frame,
      cursor ? moreButton("more-rows", () => ask(AT_ONCE, cursor)) : "",
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
