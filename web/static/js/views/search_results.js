// What a search found, and how it was asked: mode and filters.

import * as api from "../api.js";
import { el, icon, segmented } from "../dom.js";
import { telling } from "../fields.js";
import { milliseconds } from "../format.js";
import { keepHits, marked, pieces } from "../hit.js";
import { language, t } from "../i18n.js";
import { errorNote, loading } from "../notices.js";
import { go, pageLink, searchLink } from "../router.js";
import { facetNames, facetsPanel } from "./facets.js";
import { filterBar } from "./filter_bar.js";
import { searchHelp } from "./search_help.js";

const LIMIT = 20;
const MOST = 100;
const NAMED = 3;

/** Makes the place of the results: `{node, update(route)}`. */
export function searchResults(kb, signal) {
  const found = el("div", { id: "results", "aria-live": "polite" });
  const controls = el("div", { class: "search-controls" });
  const side = el("div", { class: "facets-place" });
  const node = el(
    "section",
    { class: "results", "aria-label": t("search.results") },
    controls,
    el("div", { class: "results-columns" }, side, found),
  );
  let asked = null; // what is shown: its address
  let columns = []; // of the fields that documents have
  let stop = new AbortController();

  const wantedBy = ({ query }) => ({
    q: (query.get("q") ?? "").trim(),
    mode: query.get("mode") ?? "hybrid",
    filters: query.getAll("filter"),
  });

  function drawControls(wanted) {
    const change = (part) => go(searchLink(kb, { ...wanted, ...part }));
    const bar = filterBar(["tag", "language", ...columns.map(({ name }) => name)], wanted.filters, (filters) =>
      change({ filters }),
    );
    controls.replaceChildren(
      segmented(
        "mode",
        t("search.mode"),
        ["hybrid", "vector", "keyword"].map((mode) => [
          mode,
          el("span", { title: t(`mode.${mode}.hint`) }, t(`mode.${mode}`)),
        ]),
        wanted.mode,
        (mode) => change({ mode }),
      ),
      searchHelp(),
      bar.form,
      ...bar.chips.filter(Boolean),
    );
  }

  function toggle(wanted, filters, chosen) {
    const others = wanted.filters.filter((filter) => !filters.includes(filter));
    go(searchLink(kb, { ...wanted, filters: chosen ? others : [...others, ...filters] }));
  }

  async function ask(wanted, limit) {
    stop.abort();
    stop = new AbortController();
    const mine = stop;
    signal.addEventListener("abort", () => mine.abort(), { signal: mine.signal });
    if (limit === LIMIT) found.replaceChildren(loading());
    try {
      if (!columns.length) {
        columns = (await api.fieldTable(kb, { limit: 1 }, mine.signal)).columns;
        drawControls(wanted);
      }
      const answer = await api.search(
        kb,
        { q: wanted.q, mode: wanted.mode, filter: wanted.filters, facet: facetNames(columns), limit },
        mine.signal,
      );
      if (!mine.signal.aborted) draw(wanted, answer, limit);
    } catch (error) {
      if (!mine.signal.aborted) found.replaceChildren(errorNote(error, () => ask(wanted, limit)));
    }
  }

  function draw(wanted, { hits, facets, took_ms: took, degraded, notes }, limit) {
    keepHits(kb, wanted.q, hits);
    side.replaceChildren(facetsPanel(facets, wanted.filters, (filters, chosen) => toggle(wanted, filters, chosen)));
    found.replaceChildren(
      degraded
        ? el(
            "div",
            { class: "note note-warning", id: "degraded" },
            icon("alert"),
            el("p", {
              text: language === "en" ? t("search.degraded", { degraded }) : t("search.degraded"),
              title: degraded,
            }),
          )
        : "",
      notes.length > 0
        ? el(
            "div",
            { class: "note", id: "search-notes" },
            el("p", { text: language === "en" ? notes.join(" ") : t("search.notes"), title: notes.join(" ") }),
          )
        : "",
    );
    if (!hits.length) {
      found.append(
        el(
          "div",
          { class: "empty", id: "nothing-found" },
          icon("search"),
          el("h2", { text: t("search.nothing", { q: wanted.q }) }),
          el("p", { text: t(wanted.filters.length ? "search.nothingFiltered" : "search.nothingHint") }),
          searchHelp(true),
        ),
      );
      return;
    }
    const more = hits.length === limit && limit < MOST;
    found.append(
      el("p", {
        class: "found-count muted",
        text: t("search.found", { n: hits.length, more, took: milliseconds(took) }),
      }),
      el(
        "ol",
        { class: "hits" },
        hits.map((hit) => hitItem(kb, wanted.q, hit)),
      ),
      more
        ? el("button", {
            type: "button",
            class: "button",
            id: "more-hits",
            text: t("search.more"),
            on: { click: () => ask(wanted, Math.min(limit + 20, MOST)) },
          })
        : "",
    );
  }

  return {
    node,
    update(route, again = false) {
      const wanted = wantedBy(route);
      const address = JSON.stringify(wanted);
      if (address === asked && !again) return;
      asked = address;
      drawControls(wanted);
      if (wanted.q) ask(wanted, LIMIT);
      else found.replaceChildren(el("div", { class: "empty" }, el("p", { text: t("search.noQuery") })));
    },
  };
}

/** The files that hold the same passage, each once. */
function alsoIn(kb, duplicates, q) {
  const files = [...new Map(duplicates.map((copy) => [copy.document, copy])).values()];
  const more = files.length - NAMED;
  return el(
    "p",
    { class: "hit-duplicates muted" },
    t("search.alsoIn"),
    files
      .slice(0, NAMED)
      .map((copy) => el("a", { href: pageLink(kb, copy.document, copy.pages[0] ?? 1, { q }), text: copy.filename })),
    more > 0 && t("search.alsoInMore", { n: more }),
  );
}

function hitItem(kb, q, hit) {
  const first = hit.boxes[0]?.page ?? hit.pages[0] ?? 1;
  const snippet = el("p", { class: "snippet" });
  const short = () => snippet.replaceChildren(...marked(pieces(hit.snippet, hit.snippet_highlights)));
  const isCut = Array.from(hit.snippet).length < Array.from(hit.text.trim()).length;
  const more =
    isCut &&
    el("button", {
      type: "button",
      class: "link-button",
      "aria-expanded": "false",
      text: t("search.moreText"),
      on: {
        click: () => {
          const open = more.getAttribute("aria-expanded") === "true";
          more.setAttribute("aria-expanded", String(!open));
          more.textContent = t(open ? "search.moreText" : "search.lessText");
          snippet.classList.toggle("whole", !open);
          if (open) short();
          else snippet.replaceChildren(...marked(pieces(hit.text, hit.highlights)));
        },
      },
    });
  short();
  const pages =
    hit.pages.length > 1
      ? t("pageRange", { first: hit.pages[0], last: hit.pages.at(-1) })
      : t("pageNumber", { n: hit.pages[0] ?? first });
  const chips = telling(hit.fields ?? {});
  return el(
    "li",
    { class: "hit", data: { hit: hit.document, page: first } },
    el(
      "h3",
      {},
      el(
        "a",
        { class: "hit-link", href: pageLink(kb, hit.document, first, { q }) },
        el("span", { class: "hit-name", text: hit.filename }),
        el("span", { class: "hit-pages", text: pages }),
      ),
    ),
    snippet,
    more,
    hit.duplicates.length > 0 && alsoIn(kb, hit.duplicates, q),
    chips.length > 0 &&
      el(
        "dl",
        { class: "hit-fields" },
        chips.map(([name, value]) =>
          el("div", { class: "chip" }, el("dt", { text: name }), el("dd", { text: value, title: value })),
        ),
      ),
  );
}
