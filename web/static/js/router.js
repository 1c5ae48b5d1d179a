// Addresses behind the `#`, so that every view can be linked to and Back works.

const PARTS = ["search", "table", "review"];

/** The parts of an address: `{view, kb, part, document, page, query}`. */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const parts = path.split("/").filter(Boolean).map(decode);
  const route = { view: "missing", query: new URLSearchParams(query) };
  if (parts.length === 0) return { ...route, view: "home" };
  if (parts[0] === "pipeline" && parts.length === 1) return { ...route, view: "pipeline" };
  if (parts[0] !== "kb" || !parts[1]) return route;
  route.kb = parts[1];
  if (parts.length === 2) return { ...route, view: "kb", part: "documents" };
  if (PARTS.includes(parts[2]) && parts.length === 3) return { ...route, view: "kb", part: parts[2] };
  if (parts[2] !== "doc" || !parts[3]) return route;
  const page = parts[4] === "page" ? Number.parseInt(parts[5], 10) : 1;
  return { ...route, view: "viewer", document: parts[3], page: page >= 1 ? page : 1 };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const code = encodeURIComponent;

export const homeLink = "#/";
export const pipelineLink = "#/pipeline";
export const kbLink = (kb) => `#/kb/${code(kb)}`;

export function searchLink(kb, { q, mode = "hybrid", filters = [] }) {
  const pairs = [
    ["q", q],
    ...(mode === "hybrid" ? [] : [["mode", mode]]),
    ...filters.map((filter) => ["filter", filter]),
  ];
  return `${kbLink(kb)}/search?${new URLSearchParams(pairs)}`;
}

/** The table of fields; `columns`: paths, none for all. */
export function tableLink(kb, { sort = "", filters = [], columns = [], q = "" } = {}) {
  const pairs = [
    ...(q ? [["q", q]] : []),
    ...(sort ? [["sort", sort]] : []),
    ...filters.map((filter) => ["filter", filter]),
    ...columns.map((column) => ["column", column]),
  ];
  return `${kbLink(kb)}/table${pairs.length ? `?${new URLSearchParams(pairs)}` : ""}`;
}

export const reviewLink = (kb, kind = "") => `${kbLink(kb)}/review${kind ? `?kind=${kind}` : ""}`;

/**
 * A page of a document.
 * @param {object} query `q` what was searched for, `field` the place of a field to show ("work.title/1"), `edit` "text" to
 *   put the page's text right, `from` the part of the knowledge base that leads back: "table" or "review"
 */
export function pageLink(kb, document, page, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value);
  return `${kbLink(kb)}/doc/${code(document)}/page/${page}${pairs.length ? `?${new URLSearchParams(pairs)}` : ""}`;
}

/** The place of a field, "work.title/1", or the number of a page that is to be checked. */
export const reviewPlace = ({ kind, path, index, page }) =>
  kind === "page" ? page : index === null ? path : `${path}/${index}`;

/** Where something that is to be checked can be put right. */
export const reviewItemLink = (kb, item) =>
  pageLink(kb, item.document, item.page ?? 1, {
    ...(item.kind === "page" ? { edit: "text" } : { field: reviewPlace(item) }),
    from: "review",
  });

export const go = (link) => {
  location.hash = link;
};

/** Puts another address in place of the current one: no step for Back. */
export function replace(link) {
  history.replaceState(null, "", link);
  dispatchEvent(new HashChangeEvent("hashchange"));
}
