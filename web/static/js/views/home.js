// The knowledge bases: look, make, change, delete.

import * as api from "../api.js";
import { el, icon, iconButton, progressBar, setText } from "../dom.js";
import { askForKnowledgeBase, askToDelete, askToChange } from "./knowledge_base_dialogs.js";
import { timeLeft } from "../format.js";
import { t } from "../i18n.js";
import { errorNote, loading } from "../notices.js";
import { go, kbLink } from "../router.js";
import { nameOfSchema } from "../schema.js";

const REFRESH_MS = 3000;
const AT_ONCE = 6;
const NEW = { needs: "admin", needsAll: "" }; // what a key must allow to make one

export function openHome(_route, main) {
  const stop = new AbortController();
  const cards = new Map(); // knowledge base -> card
  const place = el("div", { id: "knowledge-bases" }, loading());
  document.title = `${t("home.title")} · Pagemill`;
  const create = () => askForKnowledgeBase((made) => go(kbLink(made.id)));
  main.append(
    el(
      "div",
      { class: "page" },
      el(
        "div",
        { class: "page-head" },
        el("h1", { text: t("home.title") }),
        el(
          "button",
          { type: "button", class: "button primary", id: "create", data: NEW, on: { click: create } },
          icon("plus"),
          t("home.create"),
        ),
      ),
      place,
    ),
  );

  async function load() {
    place.replaceChildren(loading());
    try {
      draw(await api.knowledgeBases(stop.signal));
    } catch (error) {
      if (!stop.signal.aborted) place.replaceChildren(errorNote(error, load));
    }
  }

  function draw(records) {
    cards.clear();
    if (!records.length) {
      place.replaceChildren(
        el(
          "div",
          { class: "empty" },
          icon("library"),
          el("h2", { text: t("home.emptyTitle") }),
          el("p", { text: t("home.empty") }),
          el(
            "button",
            { type: "button", class: "button primary", data: NEW, on: { click: create } },
            icon("plus"),
            t("home.create"),
          ),
        ),
      );
      return;
    }
    for (const record of records) cards.set(record.id, knowledgeBaseCard(record, load));
    place.replaceChildren(
      el(
        "ul",
        { class: "cards" },
        [...cards.values()].map((card) => card.node),
      ),
    );
    count(records.map((record) => record.id));
  }

  /** Asks for the counts of knowledge bases, a few at a time. */
  async function count(ids) {
    const waiting = [...ids];
    const one = async () => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        try {
          cards.get(id)?.count(await api.knowledgeBase(id, stop.signal));
        } catch (error) {
          if (stop.signal.aborted) return;
          cards.get(id)?.fail(error);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
  }

  let counting = false;
  const timer = setInterval(async () => {
    if (counting || document.hidden) return;
    counting = true;
    await count([...cards].filter(([, card]) => card.inWork).map(([id]) => id));
    counting = false;
  }, REFRESH_MS);
  load();
  return {
    close() {
      clearInterval(timer);
      stop.abort();
    },
  };
}

function knowledgeBaseCard(record, reload) {
  const counts = el("p", { class: "card-counts", text: " " });
  const failed = el("span", { class: "failed-count" });
  const left = el("p", { class: "card-left" });
  const bar = progressBar(t("progressOf", { name: record.name }));
  const problem = el("div");
  bar.node.hidden = true;
  let status = null;
  const card = {
    inWork: false,
    count(now) {
      status = now;
      const { documents, pages } = now;
      const all = Object.values(documents).reduce((sum, n) => sum + n, 0);
      card.inWork = documents.queued + documents.running > 0;
      setText(
        counts,
        all ? `${t("documents", { n: all })} · ${t("pages", { n: pages.total })}` : t("home.noDocuments"),
      );
      setText(failed, documents.failed ? t("failedCount", { n: documents.failed }) : "");
      bar.node.hidden = !card.inWork;
      bar.set(now.progress);
      setText(
        left,
        card.inWork
          ? [t("home.inWork", { n: documents.queued + documents.running }), timeLeft(now.eta_seconds)]
              .filter(Boolean)
              .join(" · ")
          : "",
      );
      problem.replaceChildren();
    },
    fail(error) {
      problem.replaceChildren(errorNote(error));
    },
  };
  card.node = el(
    "li",
    { class: "card", data: { kb: record.id } },
    el(
      "div",
      { class: "card-head" },
      el("h2", {}, el("a", { class: "cover", href: kbLink(record.id), text: record.name })),
      el(
        "div",
        { class: "card-actions", data: { needs: "admin" } },
        iconButton("edit", t("changeNamed", { name: record.name }), () => askToChange(record, reload)),
        iconButton("trash", t("deleteNamed", { name: record.name }), () => askToDelete(record, status, reload)),
      ),
    ),
    el(
      "p",
      { class: "card-kind" },
      el("span", { text: nameOfSchema(record.schema) }),
      " · ",
      el("span", { text: record.languages.map((code) => t(`language.${code}`)).join(t("comma")) }),
    ),
    el("div", { class: "card-foot" }, counts, failed),
    bar.node,
    left,
    problem,
  );
  return card;
}
