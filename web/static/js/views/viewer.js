// A document: the picture of a page, its text and the fields, and the way through its pages.

import * as api from "../api.js";
import { el, icon, iconButton, onFrame, setAttribute, setText } from "../dom.js";
import { hitsIn, words } from "../hit.js";
import { boxesInLine } from "../match_boxes.js";
import { sentence, t } from "../i18n.js";
import { follow } from "../live.js";
import { errorNote, loading, toastError } from "../notices.js";
import { homeLink, kbLink, pageLink, replace, searchLink } from "../router.js";
import { blocksOf, pageText } from "./page_text.js";
import { askForPassword, needsPassword } from "./password_dialog.js";
import { askToReprocess } from "./reprocess_dialog.js";
import { countFields, fieldsPanel } from "./fields_panel.js";
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
  let field = null; // whose box to show
  let blocks = [];
  let drawn = ""; // which state of which page is shown

  const linkTo = (n) => pageLink(kb, id, n, q);
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
  const fieldsPlace = el("div", {});
  const side = tabs("side", t("viewer.contents"), [
    ["text", t("viewer.text"), el("div", { class: "reading" }, facts, text.node)],
    ["fields", t("viewer.fields"), fieldsPlace],
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
  const back = el(
    "a",
    { class: "back", href: q ? searchLink(kb, { q }) : kbLink(kb) },
    icon("left"),
    t(q ? "viewer.backToResults" : "viewer.backToDocuments"),
  );
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
    if (q) await loadHits();
  }

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
    if (changed.run !== doc.run) drawn = "";
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
    const state = JSON.stringify([doc.fields, working]);
    if (fieldsPlace.dataset.state !== String(state.length) + working)
      fieldsPlace.replaceChildren(fieldsPanel(doc.fields, working, revealField));
    fieldsPlace.dataset.state = String(state.length) + working;
    strip.update(total(), pages, at, matchPages());
  });

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
    const state = `${doc.run}/${n}/${info?.state}`;
    if (drawn === state && !again) return;
    drawn = state;
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
      return;
    }
    paper.show(measured);
    if (!again) text.message(loading());
    try {
      const reading = await api.page(kb, id, n, signal);
      if (at !== n || signal.aborted) return;
      blocks = blocksOf(reading);
      pageWords = reading.words;
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
      if (doc) drawPage();
    },
    close: () => stop.abort(),
  };
}
