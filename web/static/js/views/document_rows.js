// The list of documents: filters above, rows below, more on demand.

import * as api from "../api.js";
import { DocumentList } from "../document_list.js";
import { arrange, el, icon, onFrame, segmented, setText } from "../dom.js";
import { number } from "../format.js";
import { t } from "../i18n.js";
import { errorNote, loading } from "../notices.js";
import { isAbort } from "../api.js";
import { mayWrite } from "../session.js";
import { documentRow } from "./document_row.js";

const TYPING_MS = 250;

/** Makes the list: `{node, document(doc), deleted(id), counts(status)}`. */
export function documentRows(kb, signal) {
  const list = new DocumentList(kb, signal);
  const rows = new Map(); // document -> row
  const ul = el("ul", { class: "rows", id: "documents", "aria-label": t("list.title") });
  const place = el("div", {}, loading());
  const more = el("button", {
    type: "button",
    class: "button",
    id: "show-more",
    hidden: true,
    text: t("list.more"),
    on: { click: () => load(() => list.more(), more) },
  });
  const nothing = el("p", { class: "nothing muted", hidden: true });
  const labels = Object.fromEntries(
    ["all", "working", "done", "failed"].map((status) => [status, el("span", { class: "count" })]),
  );
  const name = el("input", {
    class: "input",
    type: "search",
    id: "name-filter",
    placeholder: t("list.name"),
    "aria-label": t("list.name"),
    autocomplete: "off",
  });
  const tagChip = el("button", {
    type: "button",
    class: "chip chip-removable",
    hidden: true,
    on: { click: () => choose({ tag: "" }) },
  });
  const csv = el(
    "a",
    { class: "button small", id: "fields-csv", download: true, hidden: true, href: `${api.kbPath(kb)}/fields.csv` },
    icon("table"),
    t("list.csv"),
  );
  const filters = el(
    "div",
    { class: "filters" },
    segmented(
      "status-filter",
      t("list.status"),
      Object.entries(labels).map(([status, count]) => [status, el("span", {}, t(`list.${status}`), " ", count)]),
      "all",
      (status) => choose({ status }),
    ),
    name,
    tagChip,
    el("span", { class: "spring" }),
    csv,
  );
  const node = el("section", { class: "documents", "aria-label": t("list.title") }, filters, place, more);
  let documentsInAll = null;
  let typing = 0;

  const draw = onFrame(() => {
    if (signal.aborted) return;
    const shown = list.shown();
    const nodes = shown.map((document) => {
      let row = rows.get(document.id);
      if (row) row.update(document);
      else rows.set(document.id, (row = documentRow(kb, document, actions)));
      return row.node;
    });
    arrange(ul, nodes);
    if (rows.size > shown.length + 200) for (const [id, row] of rows) if (!row.node.parentNode) rows.delete(id);
    more.hidden = !list.hasMore || shown.length === 0;
    nothing.hidden = shown.length > 0;
    const { status, name: wanted, tag } = list.filter;
    const empty = mayWrite() ? "list.empty" : "home.noDocuments";
    setText(nothing, t(status !== "all" || wanted || tag ? "list.nothing" : empty));
  });

  const actions = {
    changed: (document) => list.put(document) && draw(),
    removed: (id) => {
      list.remove(id);
      draw();
    },
    chooseTag: (tag) => choose({ tag }),
  };

  async function load(ask, button = null) {
    if (button) button.disabled = true;
    try {
      await ask();
      place.replaceChildren(nothing, ul);
      draw();
    } catch (error) {
      if (!isAbort(error))
        place.replaceChildren(
          errorNote(error, () => load(ask)),
          ul,
        );
    }
    if (button) button.disabled = false;
  }

  function choose(change) {
    list.reset({ ...list.filter, ...change });
    tagChip.hidden = !list.filter.tag;
    tagChip.replaceChildren(icon("tag"), list.filter.tag, icon("close"));
    tagChip.setAttribute("aria-label", t("list.removeTag", { tag: list.filter.tag }));
    load(() => list.fill());
  }

  name.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => choose({ name: name.value.trim() }), TYPING_MS);
  });

  return {
    node,
    begin: () => load(() => list.fill()),
    document: (document) => list.put(document) && draw(),
    deleted: (id) => list.remove(id) && draw(),
    timesLeft: (seconds) => list.setTimesLeft(seconds) && draw(),
    counts({ documents }) {
      const all = Object.values(documents).reduce((sum, n) => sum + n, 0);
      const counts = {
        all,
        working: documents.queued + documents.running,
        done: documents.done,
        failed: documents.failed,
      };
      for (const [status, label] of Object.entries(labels))
        setText(label, counts[status] ? number(counts[status]) : "");
      csv.hidden = documents.done === 0;
      if (all !== documentsInAll) filters.hidden = all === 0;
      documentsInAll = all;
    },
  };
}
