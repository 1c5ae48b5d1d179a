// A hit of a search: its words to mark, its snippet, and how the viewer learns of it.

import { search } from "./api.js";
import { el } from "./dom.js";

const KEY = "pagemill.hits";
const ASKED = 100;

/** Cuts a text into `[{text, marked}]`. Offsets are code points, not UTF-16 units. */
export function pieces(text, highlights, from = 0, to = Infinity) {
  const characters = Array.from(text);
  const end = Math.min(to, characters.length);
  const result = [];
  let at = from;
  for (const [start, stop] of [...highlights].sort((a, b) => a[0] - b[0])) {
    const begin = Math.max(start, at);
    const finish = Math.min(stop, end);
    if (begin >= finish) continue;
    if (begin > at) result.push({ text: characters.slice(at, begin).join(""), marked: false });
    result.push({ text: characters.slice(begin, finish).join(""), marked: true });
    at = finish;
  }
  if (at < end) result.push({ text: characters.slice(at, end).join(""), marked: false });
  return result;
}

export const marked = (parts) => parts.map(({ text, marked: yes }) => (yes ? el("mark", { text }) : text));

/** The words that a search marked, for marking them elsewhere. */
export function words(hits) {
  const found = hits.flatMap((hit) =>
    pieces(hit.text, hit.highlights)
      .filter((part) => part.marked)
      .map((part) => part.text),
  );
  return [...new Set(found.map((word) => word.toLowerCase()))].sort((a, b) => b.length - a.length).slice(0, 50);
}

/** What matches any of the words: whole words, where they are of letters that have such. */
export const pattern = (wanted) =>
  wanted
    .map((word) => {
      const escaped = word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      return /^\w+$/.test(word) ? `\\b${escaped}\\b` : escaped;
    })
    .join("|");

/** Cuts a text at the given words, as `pieces` does at offsets. */
export function piecesAtWords(text, wanted) {
  if (!wanted.length) return [{ text, marked: false }];
  return text
    .split(new RegExp(`(${pattern(wanted)})`, "giu"))
    .map((part, index) => ({ text: part, marked: index % 2 === 1 }))
    .filter((part) => part.text);
}

/** Keeps the hits of a search for the viewer that one of them opens. */
export function keepHits(kb, q, hits) {
  const kept = hits.map(({ document, pages, text, highlights, boxes }) => ({
    document,
    pages,
    text,
    highlights,
    boxes,
  }));
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ kb, q, hits: kept }));
  } catch {
    // No room or switched off: the viewer asks again.
  }
}

/** The hits of a search that lie in one document: those kept, else searched for anew. */
export async function hitsIn(kb, document, q, signal) {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    // As above.
  }
  const here = (hit) => hit.document === document;
  if (kept?.kb === kb && kept.q === q && kept.hits.some(here)) return kept.hits.filter(here);
  return (await search(kb, { q, limit: ASKED }, signal)).hits.filter(here);
}
