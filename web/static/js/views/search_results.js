// What a search found, and how it was asked: mode and filters.

import * as api from "../api.js";
import { el, icon, segmented } from "../dom.js";
import { telling } from "../fields.js";
import { milliseconds } from "../format.js";
import { keepHits, marked, pieces } from "../hit.js";
import { language, t } from "../i18n.js";
import { errorNote, loading } from "../notices.js";
import { go, kbLink, pageLink, searchLink } from "../router.js";

const LIMIT = 20;
const MOST = 100;
const NAMED = 3;
const FILTER_NAMES = [
  "tag",
  "name",
  "skills",
  "education.school",
  "education.degree",
  "education.major",
  "work.employer",
  "work.title",
  "language",
  "title",
  "emails",
  "dates",
];
const COLONS = /[:：]/;

/** Makes the place of the results: `{node, update(route)}`. */
export function searchResults(kb, signal) {
  const found = el("div", { id: "results", "aria-live": "polite" });
  const controls = el("div", { class: "search-controls" });
  const node = el("section", { class: "results", "aria-label": t("search.results") }, controls, found);
  let asked = null; // what is shown: its address
  let stop = new AbortController();

  const wantedBy = ({ query }) => ({
    q: (query.get("q") ?? "").trim(),
    mode: query.get("mode") ?? "hybrid",
    filters: query.getAll("filter"),
  });

  function drawControls(wanted) {
    const change = (part) => go(searchLink(kb, { ...wanted, ...part }));
    const problem = el("p", { class: "field-problem", role: "alert" });
    const input = el("input", {
      class: "input small-input",
      id: "filter-input",
      list: "filter-names",
      placeholder: t("search.filterExample"),
      "aria-label": t("search.addFilter"),
      autocomplete: "off",
    });
    const form = el(
      "form",
      {
        class: "filter-form",
        on: {
          submit: (event) => {
            event.preventDefault();
            const [name, ...rest] = input.value.split(COLONS);
            const filter = `${name.trim()}:${rest.join(":").trim()}`;
            if (!name.trim() || !rest.join("").trim()) problem.textContent = t("search.filterForm");
            else if (!wanted.filters.includes(filter)) change({ filters: [...wanted.filters, filter] });
          },
        },
      },
      icon("filter"),
      input,
      el(
        "datalist",
        { id: "filter-names" },
        FILTER_NAMES.map((name) => el("option", { value: `${name}:` })),
      ),
      el("button", { type: "submit", class: "button small", text: t("search.add") }),
    );
    controls.replaceChildren(
      el("a", { class: "back", href: kbLink(kb) }, icon("left"), t("search.back")),
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
      form,
      wanted.filters.length === 0
        ? ""
        : el(
            "ul",
            { class: "chips", "aria-label": t("search.filters") },
            wanted.filters.map((filter) =>
              el(
                "li",
                {},
                el(
                  "button",
                  {
                    type: "button",
                    class: "chip chip-removable",
                    data: { filter },
                    "aria-label": t("search.removeFilter", { filter }),
                    on: { click: () => change({ filters: wanted.filters.filter((other) => other !== filter) }) },
                  },
                  filter,
                  icon("close"),
                ),
              ),
            ),
          ),
      problem,
    );
  }

  async function ask(wanted, limit) {
    stop.abort();
    stop = new AbortController();
    const mine = stop;
    signal.addEventListener("abort", () => mine.abort(), { signal: mine.signal });
    if (limit === LIMIT) found.replaceChildren(loading());
    try {
      const answer = await api.search(
        kb,
        { q: wanted.q, mode: wanted.mode, filter: wanted.filters, limit },
        mine.signal,
      );
      if (!mine.signal.aborted) draw(wanted, answer, limit);
    } catch (error) {
      if (!mine.signal.aborted) found.replaceChildren(errorNote(error, () => ask(wanted, limit)));
    }
  }

  function draw(wanted, { hits, took_ms: took, degraded, notes }, limit) {
    keepHits(kb, wanted.q, hits);
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

/** Names of the files that hold the same passage, each once. */
function alsoIn(duplicates) {
  const names = [...new Set(duplicates.map(({ filename }) => filename))];
  return t("search.alsoIn", { names: names.slice(0, NAMED).join(", "), more: Math.max(0, names.length - NAMED) });
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
        { class: "hit-link", href: pageLink(kb, hit.document, first, q) },
        el("span", { class: "hit-name", text: hit.filename }),
        el("span", { class: "hit-pages", text: pages }),
      ),
    ),
    snippet,
    more,
    hit.duplicates.length > 0 && el("p", { class: "hit-duplicates muted", text: alsoIn(hit.duplicates) }),
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
