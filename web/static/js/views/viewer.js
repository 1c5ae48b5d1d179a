// A document: the picture of a page, its text and the fields, and the way through its pages.
// Longer than others: page, text, fields and editors answer to one state, which stands here and nowhere else.

import * as api from "../api.js";
import { el, icon, iconButton, onFrame, setAttribute, setText } from "../dom.js";
import { hitsIn, words } from "../hit.js";
import { boxesInLine } from "../match_boxes.js";
import { sentence, t } from "../i18n.js";
import { follow } from "../live.js";
import { errorNote, loading, toastError } from "../notices.js";
import { homeLink, kbLink, pageLink, replace, reviewLink, searchLink, tableLink } from "../router.js";
import { mayWrite } from "../session.js";
import { addField } from "./add_field.js";
import { correctionList } from "./correction_list.js";
import * as drafts from "../drafts.js";
import { pageEditor } from "./page_editor.js";
import { blocksOf, linesToCorrect, pageText } from "./page_text.js";
import { askForPassword, needsPassword } from "./password_dialog.js";
import { askToReprocess } from "./reprocess_dialog.js";
import { reviewNext } from "./review_next.js";
import { countFields, fieldAt, fieldsPanel } from "./fields_panel.js";
import { sheet } from "./sheet.js";
import { thumbnails } from "./thumbnails.js";
import { viewerHead } from "./viewer_head.js";
import { tabs } from "./tabs.js";

const THUMBNAIL_PX = 240;
const PAGES_EVERY_MS = 800;

export function openViewer(route, main) {
  const stop = new AbortController();
  const { signal } = stop;
  const { kb, document: id } = route;
  const q = route.query.get("q") ?? "";
  let at = route.page;
  let doc = null;
  let pages = new Map(); // number -> entry of the page list
  let hits = [];
  let pageWords = [];
  let columns = []; // paths of the fields there can be
  let pageLines = []; // of the page, as they were read: [{text, box}]
  let linesOf = 0; // the page that they are of
  let field = null; // whose box to show
  let marked = route.query.get("field"); // the place of the field that the address names
  let goToField = Boolean(marked); // it is to be shown once the document is there
  let editText = route.query.get("edit") === "text"; // likewise, the page's text to be put right
  let blocks = [];
  let drawn = ""; // which state of which page is shown
  let shownPage = 0;

  const from = route.query.get("from");
  const queue = from === "review" ? reviewNext(kb, signal) : null;
  const linkTo = (n) => pageLink(kb, id, n, { q, from });
  const total = () => doc?.pages.total ?? pages.size;
  const open = (n) => {
    if (n >= 1 && n <= Math.max(total(), 1) && n !== at) replace(linkTo(n));
  };
  const hover = (index) => {
    paper.outline(index);
    text.outline(index);
  };
  const paper = sheet(
    {
      imageAt: (n, width, rotation) => api.imagePath(kb, id, n, width, rotation),
      failed: async (address) => {
        const error = await api.errorAt(address);
        if (signal.aborted || !error) return;
        paper.note(error.code === "encrypted" ? el("p", { class: "muted", text: t("viewer.locked") }) : errorNote(error));
      },
      hover,
      choose: (index) => {
        side.choose("text");
        text.outline(index, true);
      },
    },
    signal,
  );
  const text = pageText({ hover, choose: (index) => paper.reveal("block", index) });
  const facts = el("p", { class: "page-facts" });
  const correctText = el(
    "button",
    { type: "button", class: "button small", id: "correct-text", hidden: true, data: { needs: "write" }, on: { click: openEditor } },
    icon("edit"),
    t("correct.text"),
  );
  const editorPlace = el("div", {});
  const fieldsPlace = el("div", {});
  const historyPlace = el("div", {});
  const side = tabs("side", t("viewer.contents"), [
    ["text", t("viewer.text"), el("div", { class: "reading" }, facts, correctText, editorPlace, text.node)],
    ["fields", t("viewer.fields"), fieldsPlace],
    ["history", t("correct.title"), historyPlace],
  ]);
  const strip = thumbnails({ linkTo, open, imageAt: (n, rotation) => api.imagePath(kb, id, n, THUMBNAIL_PX, rotation) });
  const head = viewerHead(kb, id, {
    reprocess: () => askToReprocess(kb, doc, take),
    retry: async (event) => {
      if (needsPassword(doc)) {
        askForPassword(kb, doc, take);
        return;
      }
      const button = event.currentTarget;
      button.disabled = true;
      try {
        take(await api.retryDocument(kb, id));
      } catch (error) {
        toastError(error);
      }
      button.disabled = false;
    },
  });

  const number = el("input", {
    class: "input page-input",
    id: "page-number",
    inputmode: "numeric",
    autocomplete: "off",
    "aria-label": t("viewer.goTo"),
    on: {
      change: () => {
        const n = Number.parseInt(number.value, 10);
        if (n >= 1 && n <= total()) open(n);
        number.value = at;
      },
    },
  });
  const ofTotal = el("span", { class: "muted" });
  const previous = iconButton("left", t("viewer.previous"), () => open(at - 1), { id: "previous-page" });
  const next = iconButton("right", t("viewer.next"), () => open(at + 1), { id: "next-page" });
  const found = el("nav", { class: "found-on", id: "found-on", hidden: true, "aria-label": t("viewer.matches") });
  const [backTo, backWords] =
    from === "table"
      ? [tableLink(kb), "part.table"]
      : from === "review"
        ? [reviewLink(kb), "part.review"]
        : q
          ? [searchLink(kb, { q }), "viewer.backToResults"]
          : [kbLink(kb), "viewer.backToDocuments"];
  const back = el("a", { class: "back", href: backTo }, icon("left"), t(backWords));
  const panes = el("div", { class: "panes" }, strip.node, paper.node, side.node);
  const content = el(
    "div",
    { class: "viewer-content" },
    el(
      "div",
      { class: "tools" },
      el("div", { class: "tool-group" }, previous, number, ofTotal, next),
      paper.tools,
      found,
      queue?.node ?? "",
    ),
    panes,
  );
  const place = el("div", { class: "viewer-place" }, loading());
  main.append(el("div", { class: "viewer" }, el("div", { class: "viewer-head" }, back, head.node), place));

  async function begin() {
    place.replaceChildren(loading());
    let version;
    try {
      version = (await api.knowledgeBase(kb, signal)).version; // before the rest: no change slips between
      const [found_, list] = await Promise.all([api.document_(kb, id, signal), api.pages(kb, id, signal)]);
      setPages(list);
      doc = found_;
    } catch (error) {
      if (signal.aborted) return;
      head.failed(error);
      place.replaceChildren(
        errorNote(error, error.status === 404 ? null : begin),
        error.status === 404 ? el("a", { class: "button", href: homeLink, text: t("missing.home") }) : "",
      );
      return;
    }
    place.replaceChildren(content);
    const last = total();
    if (last && at > last) {
      replace(linkTo(last));
      at = last;
    }
    drawDocument();
    drawPage();
    follow(
      kb,
      version,
      {
        document: (changed) => changed.id === id && take(changed),
        deleted: (gone) => gone === id && vanish(),
        knowledgeBase() {},
        timesLeft: (seconds) => id in seconds && head.show((doc = { ...doc, eta_seconds: seconds[id] })),
        connected: (yes) => head.connected(yes),
        gone: vanish,
      },
      signal,
    );
    loadHistory();
    queue?.at(marked ? { document: id, place: marked } : { document: id, place: at });
    if (mayWrite()) loadColumns();
    if (q) await loadHits();
  }

  async function loadColumns() {
    try {
      columns = (await api.fieldTable(kb, { limit: 1 }, signal)).columns.map((column) => column.name);
      drawDocument();
    } catch (error) {
      if (!signal.aborted) toastError(error);
    }
  }

  async function loadHistory() {
    try {
      const { items } = await api.corrections(kb, id, signal);
      side.label("history", items.length ? `${t("correct.title")} (${items.length})` : t("correct.title"));
      historyPlace.replaceChildren(correctionList(items, async (correction) => corrected(await api.takeBack(kb, id, correction))));
    } catch (error) {
      if (!signal.aborted) historyPlace.replaceChildren(errorNote(error, loadHistory));
    }
  }

  /** A correction was kept: the document has a new run, whose result shows up here by itself. */
  function corrected(status) {
    take(status);
    loadHistory();
    queue?.done();
  }

  const saveField = async (correction) => corrected(await api.correct(kb, id, { fields: [correction] }));

  function openEditor() {
    const n = at;
    correctText.hidden = true;
    text.node.hidden = true;
    editorPlace.replaceChildren(
      pageEditor(pageLines, drafts.of(kb, id, n), {
        save: async (correction) => corrected(await api.correct(kb, id, { pages: [{ page: n, ...correction }] })),
        outline(box) {
          paper.boxes("field", box ? [box] : []);
          if (box) paper.reveal("field");
        },
        close: closeEditor,
        typed: (words) => drafts.keep(kb, id, n, words),
      }),
    );
    editorPlace.querySelector("textarea").focus();
  }

  function closeEditor() {
    editorPlace.replaceChildren();
    text.node.hidden = false;
    correctText.hidden = !mayCorrectPage();
    if (queue?.isNext()) queue.focus();
    else if (!correctText.hidden && !side.node.querySelector("#side-text").hidden) correctText.focus();
  }

  /** Whether a page's text may be typed: once all of its document's pages were read or could not be. */
  const mayCorrectPage = () => linesOf === at && pages.has(at) && (doc.status === "done" || doc.status === "failed" || Boolean(doc.published_run));

  function vanish() {
    stop.abort();
    place.replaceChildren(errorNote({ code: "not_found", message: t("viewer.gone") }));
  }

  async function loadHits() {
    try {
      hits = await hitsIn(kb, id, q, signal);
    } catch (error) {
      if (!signal.aborted) toastError(error);
      return;
    }
    drawHits();
    drawFound();
    drawPage(true);
  }

  const setPages = ({ items }) => {
    pages = new Map(items.map((item) => [item.page_number, item]));
  };

  /** Takes in a newer state of the document; its page list is asked for anew, but not too often. */
  let listTimer = 0;
  function take(changed) {
    if (changed.version < doc.version) return;
    doc = changed;
    drawDocument();
    if (listTimer) return;
    listTimer = setTimeout(async () => {
      listTimer = 0;
      try {
        setPages(await api.pages(kb, id, signal));
        drawDocument();
        drawPage();
      } catch (error) {
        if (!signal.aborted) head.failed(error);
      }
    }, PAGES_EVERY_MS);
  }
  signal.addEventListener("abort", () => clearTimeout(listTimer));

  const matchPages = () => new Set(hits.flatMap((hit) => hit.boxes.map((box) => box.page)));

  const drawDocument = onFrame(() => {
    if (signal.aborted) return;
    document.title = `${doc.filename} · Pagemill`;
    head.show(doc);
    const working = doc.status === "queued" || doc.status === "running";
    const count = countFields(doc.fields);
    side.label("fields", count ? `${t("viewer.fields")} (${count})` : t("viewer.fields"));
    drawFields(working);
    strip.update(total(), pages, at, matchPages());
  });

  let fieldsShown = "";
  function drawFields(working) {
    const state = JSON.stringify([doc.fields, working, columns]);
    if (fieldsPlace.querySelector(".field-editor")) return; // nobody loses what is being typed
    if (fieldsShown !== state) {
      fieldsShown = state;
      const save = mayWrite() && doc.published_run ? saveField : null;
      fieldsPlace.replaceChildren(
        fieldsPanel(doc.fields, working, { reveal: revealField, save, closed: closedField }),
        save && columns.length ? addField(doc.fields, columns, save, closedField) : "",
      );
      markField();
    }
    if (!goToField) return;
    goToField = false;
    const wanted = fieldAt(doc.fields, marked);
    side.choose("fields");
    markField()?.scrollIntoView({ block: "nearest" });
    if (wanted?.page && wanted.box) revealField(wanted);
  }

  const lineOf = (place_) => place_ && fieldsPlace.querySelector(`[data-place="${CSS.escape(place_)}"]`);

  function markField() {
    fieldsPlace.querySelector(".wanted")?.classList.remove("wanted");
    const line = lineOf(marked);
    line?.classList.add("wanted");
    return line;
  }

  /** A field's editor was closed: what came meanwhile is drawn, and the keyboard goes on from there. */
  function closedField(place_, saved) {
    drawFields(doc.status === "queued" || doc.status === "running");
    if (saved && queue?.isNext()) queue.focus();
    else (lineOf(place_)?.querySelector(":scope > .icon-button") ?? side.node.querySelector("#side-fields")).focus();
  }

  function revealField(wanted) {
    field = wanted;
    if (wanted.page !== at) {
      open(wanted.page);
      return;
    }
    paper.boxes("field", [wanted.box]);
    paper.reveal("field");
  }

  /** Shows the current page as far as it has come. */
  async function drawPage(again = false) {
    const n = at;
    const info = pages.get(n);
    setText(ofTotal, total() ? t("viewer.of", { total: total() }) : "");
    if (document.activeElement !== number) number.value = n;
    setAttribute(previous, "disabled", n <= 1 ? "" : null);
    setAttribute(next, "disabled", n >= total() ? "" : null);
    drawFound();
    strip.update(total(), pages, n, matchPages());
    const state = `${doc.run}/${doc.published_run}/${n}/${info?.state}`;
    if (drawn === state && !again) return;
    if (shownPage !== n) {
      editorPlace.replaceChildren(); // what was typed is kept for when the page is opened again
      text.node.hidden = false;
    }
    drawn = state;
    shownPage = n;
    if (!editorPlace.firstElementChild) correctText.hidden = !mayCorrectPage();
    head.page(info, facts);
    const measured = info?.width_pt ? { ...info, number: n } : null;
    const working = doc.status === "queued" || doc.status === "running";
    const waiting = el("p", {
      class: "muted",
      text: t(working ? (info ? "viewer.notReadYet" : "viewer.notDrawnYet") : "viewer.neverRead"),
    });
    if (info?.state !== "read") {
      const failed =
        info?.state === "failed"
          ? el(
              "div",
              { class: "note note-error", data: { failed: n } },
              icon("alert"),
              el("p", { text: info.error ? sentence(info.error) : t("viewer.pageFailed") }),
            )
          : null;
      paper.show(measured, failed ?? (measured ? null : waiting.cloneNode(true)));
      text.message(failed ? el("p", { class: "muted", text: t("viewer.pageFailed") }) : waiting);
      blocks = [];
      pageWords = [];
      pageLines = [];
      linesOf = n;
      beginEdit();
      return;
    }
    paper.show(measured);
    if (!again) text.message(loading());
    try {
      const reading = await api.page(kb, id, n, signal);
      if (at !== n || signal.aborted) return;
      blocks = blocksOf(reading);
      pageWords = reading.words;
      pageLines = linesToCorrect(reading);
      linesOf = n;
      beginEdit();
      text.show(blocks, words(hits));
      paper.boxes(
        "block",
        blocks.map((block) => block.box),
      );
      drawHits();
    } catch (error) {
      if (at === n && !signal.aborted) text.message(errorNote(error, () => drawPage(true)));
    }
  }

  /** The page's lines are at hand: its text may be corrected, and is at once where the address asks for it. */
  function beginEdit() {
    if (!editorPlace.firstElementChild) correctText.hidden = !mayCorrectPage();
    if (drafts.of(kb, id, at) !== null) editText = true;
    if (!editText || !mayWrite() || !mayCorrectPage() || editorPlace.firstElementChild) return;
    editText = false;
    openEditor();
  }

  function drawHits() {
    const wanted = words(hits);
    const boxes = hits
      .flatMap((hit) => hit.boxes)
      .filter((box) => box.page === at)
      .flatMap(({ box }) => boxesInLine(box, pageWords, wanted));
    const unique = [...new Map(boxes.map((box) => [box.join(), box])).values()];
    paper.boxes("hit", unique);
    if (field?.page === at) {
      paper.boxes("field", [field.box]);
      paper.reveal("field");
    } else if (unique.length) paper.reveal("hit");
  }

  function drawFound() {
    const on = [...matchPages()].sort((a, b) => a - b);
    found.hidden = !on.length;
    if (found.hidden) return;
    found.replaceChildren(
      el("span", { class: "muted", text: t("viewer.foundOn") }),
      ...on
        .slice(0, 12)
        .map((n) => el("a", { class: "chip", href: linkTo(n), "aria-current": n === at ? "page" : null, text: n })),
    );
  }

  document.addEventListener(
    "keydown",
    (event) => {
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        event.target.closest?.("input, textarea, select, dialog, [role=tablist]")
      )
        return;
      const act = {
        ArrowLeft: () => open(at - 1),
        ArrowRight: () => open(at + 1),
        "+": () => paper.step(1),
        "-": () => paper.step(-1),
        0: () => paper.setZoom("fit"),
      }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    },
    { signal },
  );
  begin();
  return {
    update(wanted) {
      if ((wanted.query.get("q") ?? "") !== q) {
        location.reload();
        return;
      }
      if (field && field.page !== wanted.page) field = null;
      at = wanted.page;
      const place_ = wanted.query.get("field");
      editText ||= wanted.query.get("edit") === "text";
      if (place_ && place_ !== marked) {
        marked = place_;
        goToField = true;
      }
      if (!doc) return;
      if (place_ || wanted.query.has("edit")) queue?.at({ document: id, place: place_ ?? at });
      if (goToField) drawDocument();
      if (editText) side.choose("text");
      drawPage(editText);
    },
    close: () => stop.abort(),
  };
}
