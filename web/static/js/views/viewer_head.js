// The head of a document: its name, what it is, how it stands, and its downloads.

import * as api from "../api.js";
import { el, icon, setText } from "../dom.js";
import { percent, timeLeft } from "../format.js";
import { sentence, t } from "../i18n.js";
import { errorNote, toastError } from "../notices.js";
import { needsPassword } from "./password_dialog.js";

/** Makes the head: `{node, show(document), page(info, place), failed(error), connected(yes)}`. */
export function viewerHead(kb, id, { retry, reprocess }) {
  const name = el("h1", { id: "document-name", text: " " });
  const facts = el("div", { class: "head-facts" });
  const problem = el("div", { class: "head-problem" });
  const lost = el("p", { class: "lost", role: "status" });
  const download = (what, picture, text) =>
    el(
      "a",
      { class: "button small", id: `download-${what}`, download: true, href: `${api.documentPath(kb, id)}/${what}` },
      icon(picture),
      el("span", { text }),
    );
  const original = download("original", "download", t("viewer.original"));
  const markdown = download("markdown", "markdown", "Markdown");
  const searchable = download("searchable.pdf", "search", t("viewer.searchable"));
  searchable.id = "download-searchable";
  searchable.title = t("viewer.searchableWhat");
  searchable.addEventListener("click", makeSearchable);
  markdown.hidden = searchable.hidden = true;
  const again = el(
    "button",
    {
      type: "button",
      class: "button small",
      id: "reprocess",
      hidden: true,
      data: { needs: "write" },
      on: { click: reprocess },
    },
    icon("retry"),
    el("span", { text: t("reprocess") }),
  );
  const retryText = el("span", {});
  const retryButton = el(
    "button",
    { type: "button", class: "button small", id: "retry", data: { needs: "write" }, on: { click: retry } },
    icon("retry"),
    retryText,
  );
  const note = el("div", { class: "note" });
  const node = el(
    "div",
    { class: "head" },
    el("div", { class: "head-line" }, name, el("div", { class: "head-actions" }, again, original, searchable, markdown)),
    facts,
    problem,
    lost,
  );
  let noteShown = "";

  /** The first time the server makes it, a long document's in half a minute; then the browser takes it. */
  async function makeSearchable(event) {
    event.preventDefault();
    if (searchable.getAttribute("aria-busy")) return;
    searchable.setAttribute("aria-busy", "true");
    setText(searchable.lastChild, t("viewer.searchableMaking"));
    try {
      await api.made(searchable.href);
      location.assign(searchable.href);
    } catch (error) {
      toastError(error);
    }
    searchable.removeAttribute("aria-busy");
    setText(searchable.lastChild, t("viewer.searchable"));
  }

  function drawNote(document) {
    const { failed, total } = document.pages;
    setText(retryText, t(needsPassword(document) ? "password.enter" : "retry"));
    const partly = document.status === "done" && failed > 0;
    const failing = document.error && document.status !== "done";
    // What went less well than it should, though no page failed: a retry would change nothing.
    const told = document.warnings.filter((warning) => warning.page === null).map(sentence);
    const words = failing
      ? sentence(document.error)
      : [partly ? t("row.pagesFailed", { n: failed, total }) : "", ...told].filter(Boolean).join(" ");
    if (words === noteShown) return;
    noteShown = words;
    note.className = `note ${failing ? "note-error" : "note-warning"}`;
    const mends = partly || (failing && document.status !== "cancelled");
    note.replaceChildren(icon("alert"), el("p", { text: words }), mends ? retryButton : "");
    problem.replaceChildren(words ? note : "");
  }

  return {
    node,
    show(document) {
      setText(name, document.filename);
      markdown.hidden = searchable.hidden = document.published_run === null;
      again.hidden = ["queued", "running"].includes(document.status);
      const { review, total } = document.pages;
      const working = document.status === "running" || document.status === "queued";
      facts.replaceChildren(
        el("span", { class: "status", data: { status: document.status } }, t(`status.${document.status}`)),
        working
          ? el("span", {
              class: "muted",
              text: [percent(document.progress), timeLeft(document.eta_seconds)].filter(Boolean).join(" · "),
            })
          : "",
        total ? el("span", { class: "muted", text: t("pages", { n: total }) }) : "",
        document.language ? el("span", { class: "chip", text: t(`language.${document.language}`) }) : "",
        review ? el("span", { class: "chip chip-review" }, icon("flag"), t("viewer.reviewPages", { n: review })) : "",
        ...document.tags.map((tag) => el("span", { class: "chip" }, icon("tag"), tag)),
      );
      drawNote(document);
    },
    /** What is known of the page shown. */
    page(info, place) {
      place.replaceChildren(
        ...(info?.state !== "read"
          ? []
          : [
              info.review
                ? el(
                    "span",
                    { class: "chip chip-review", id: "page-review", title: String(info.review) },
                    icon("flag"),
                    t("viewer.review"),
                  )
                : "",
              el("span", {
                class: "muted",
                title: info.engine ?? "",
                text: [
                  t(`source.${info.source}`),
                  info.source === "ocr" ? info.engine : "",
                  typeof info.confidence === "number"
                    ? t("viewer.confidence", { percent: percent(info.confidence) })
                    : "",
                ]
                  .filter(Boolean)
                  .join(" · "),
              }),
            ]),
      );
    },
    failed(error) {
      if (name.textContent.trim() === "") setText(name, t(error.status === 404 ? "viewer.missing" : "kb.unreachable"));
      else problem.replaceChildren(errorNote(error));
    },
    connected: (yes) => setText(lost, yes ? "" : t("live.lost")),
  };
}
