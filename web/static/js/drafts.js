// Texts of pages that somebody typed and did not save yet. Going to another page or view loses none of them.

const kept = new Map(); // where -> text

const where = (kb, document, page) => [kb, document, page].join("/");

/** What was typed for a page, or null. */
export const of = (kb, document, page) => kept.get(where(kb, document, page)) ?? null;

/** Keeps a text; null forgets it. */
export function keep(kb, document, page, text) {
  if (text === null) kept.delete(where(kb, document, page));
  else kept.set(where(kb, document, page), text);
}

addEventListener("beforeunload", (event) => {
  if (kept.size) event.preventDefault(); // the browser asks whether to leave
});
