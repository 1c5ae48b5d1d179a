// A knowledge base: search on top; below it the uploads and documents, or what was found.

import * as api from "../api.js";
import { el, icon, iconButton, progressBar, setText } from "../dom.js";
import { number, percent, timeLeft } from "../format.js";
import { t } from "../i18n.js";
import { follow } from "../live.js";
import { errorNote, loading } from "../notices.js";
import { go, homeLink, kbLink, searchLink } from "../router.js";
import { nameOfSchema } from "../schema.js";
import { documentRows } from "./document_rows.js";
import { fieldTable } from "./field_table.js";
import { kbParts } from "./kb_parts.js";
import { askToChange, askToDelete } from "./knowledge_base_dialogs.js";
import { askToReprocessAll } from "./reprocess_dialog.js";
import { reviewList } from "./review_list.js";
import { searchResults } from "./search_results.js";
import { uploadPanel } from "./upload_panel.js";

export function openKnowledgeBase(route, main) {
  const stop = new AbortController();
  const { signal } = stop;
  const kb = route.kb;
  let at = route;
  let status = null;

  const title = el("h1", { text: " " });
  const about = el("p", { class: "kb-about muted" });
  const actions = el(
    "div",
    { class: "kb-actions" },
    iconButton("edit", t("change"), () => status && askToChange(status, (record) => show({ ...status, ...record })), {
      id: "rename",
      "data-needs": "admin",
    }),
    iconButton("retry", t("reprocess"), () => status && askToReprocessAll(status), {
      id: "reprocess",
      "data-needs": "write",
    }),
    iconButton("trash", t("delete"), () => status && askToDelete(status, status, () => go(homeLink)), {
      id: "delete",
      "data-needs": "admin",
    }),
  );
  const input = el("input", {
    class: "search-input",
    type: "search",
    id: "search",
    name: "q",
    maxlength: 2000,
    autocomplete: "off",
    placeholder: t("search.placeholder"),
    "aria-label": t("search.label"),
    "aria-keyshortcuts": "/",
  });
  const form = el(
    "form",
    { class: "search-box", role: "search", on: { submit: search } },
    icon("search"),
    input,
    el("kbd", { "aria-hidden": "true", text: "/" }),
    el("button", { type: "submit", class: "button primary", text: t("search.do") }),
  );
  const lost = el("p", { class: "lost", id: "connection-lost", role: "status" });
  const bar = progressBar(t("kb.progress"));
  const progressText = el("p", { id: "progress-text" });
  const left = el("p", { class: "muted" });
  const progress = el(
    "section",
    { class: "kb-progress", id: "kb-progress", hidden: true, "aria-label": t("kb.progress") },
    el("div", { class: "row-line" }, progressText, left),
    bar.node,
  );
  const parts = kbParts(kb);
  const body = el("div", { class: "kb-body" }, loading());
  main.append(
    el(
      "div",
      { class: "page kb" },
      el(
        "div",
        { class: "kb-head" },
        el("a", { class: "back", href: homeLink }, icon("left"), t("home.title")),
        el("div", { class: "kb-title" }, title, actions),
        about,
      ),
      form,
      parts.node,
      body,
      el(
        "div",
        { class: "drop-veil", "aria-hidden": "true" },
        el("div", {}, icon("upload"), el("strong", { text: t("upload.release") })),
      ),
      lost,
    ),
  );

  const panel = uploadPanel(kb, main);
  const rows = documentRows(kb, signal);
  const overview = el("div", {}, panel.node, progress, rows.node);
  const results = searchResults(kb, signal);
  const table = fieldTable(kb, signal);
  const review = reviewList(kb, signal, ({ pages, fields }) => parts.review(pages + fields));

  function search(event) {
    event.preventDefault();
    const q = input.value.trim();
    if (!q) go(kbLink(kb));
    else {
      const link = searchLink(kb, {
        q,
        mode: at.query.get("mode") ?? "hybrid",
        filters: at.part === "search" ? at.query.getAll("filter") : [],
      });
      if (location.hash === link) results.update(at, true);
      else go(link);
    }
  }

  /** Shows a state of the knowledge base. */
  function show(now) {
    if (status && now.version < status.version) return;
    status = now;
    document.title = `${now.name} · Pagemill`;
    setText(title, now.name);
    setText(
      about,
      [
        nameOfSchema(now.schema),
        now.languages.map((code) => t(`language.${code}`)).join(t("comma")),
        now.pages.total ? t("pages", { n: now.pages.total }) : "",
      ]
        .filter(Boolean)
        .join(" · "),
    );
    const { queued, running, done, failed, cancelled } = now.documents;
    const working = queued + running;
    progress.hidden = working === 0;
    bar.set(now.progress);
    setText(
      progressText,
      t("kb.doing", {
        done: done + failed + cancelled,
        all: working + done + failed + cancelled,
        pages: number(now.pages.done),
        total: number(now.pages.total),
        percent: percent(now.progress),
      }),
    );
    setText(left, timeLeft(now.eta_seconds));
    rows.counts(now);
  }

  async function begin() {
    body.replaceChildren(loading());
    try {
      show(await api.knowledgeBase(kb, signal));
    } catch (error) {
      if (signal.aborted) return;
      setText(title, t(error.status === 404 ? "kb.gone" : "kb.unreachable"));
      form.hidden = actions.hidden = error.status === 404;
      body.replaceChildren(errorNote(error, error.status === 404 ? null : begin));
      return;
    }
    const from = status.version;
    drawBody();
    await rows.begin();
    if (!signal.aborted) follow(kb, from, changes, signal);
  }

  const changes = {
    document(changed) {
      rows.document(changed);
      if (changed.status === "done") moved();
    },
    deleted(id) {
      rows.deleted(id);
      moved();
    },
    knowledgeBase: show,
    timesLeft: rows.timesLeft,
    connected: (yes) => setText(lost, yes ? "" : t("live.lost")),
    gone() {
      setText(title, t("kb.gone"));
      form.hidden = actions.hidden = true;
      body.replaceChildren(errorNote({ code: "not_found", message: t("kb.goneText") }));
      stop.abort();
    },
  };

  /** What documents hold has changed. */
  function moved() {
    table.changed();
    review.changed();
  }

  function drawBody() {
    if (!status || signal.aborted) return;
    const wanted = { search: results.node, table: table.node, review: review.node }[at.part] ?? overview;
    if (body.firstElementChild !== wanted || body.children.length > 1) body.replaceChildren(wanted);
    const q = at.part === "search" ? (at.query.get("q") ?? "") : "";
    body.classList.toggle("wide", at.part === "table");
    parts.choose(at.part);
    if (document.activeElement !== input || q) input.value = q;
    if (at.part === "search") results.update(at);
    else if (at.part === "table") table.update(at);
    else if (at.part === "review") review.update(at);
  }

  document.addEventListener(
    "keydown",
    (event) => {
      const typing = event.target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, dialog");
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        input.focus();
        input.select();
      }
    },
    { signal },
  );
  begin();
  return {
    update(next) {
      at = next;
      drawBody();
    },
    close() {
      stop.abort();
      panel.close();
      main.classList.remove("dropping");
    },
  };
}
