// Addresses behind the `#`, so that every view can be linked to and Back works.

/** The parts of an address: `{view, kb, document, page, query}`. */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const parts = path.split("/").filter(Boolean).map(decode);
  const route = { view: "missing", query: new URLSearchParams(query) };
  if (parts.length === 0) return { ...route, view: "home" };
  if (parts[0] === "pipeline" && parts.length === 1) return { ...route, view: "pipeline" };
  if (parts[0] !== "kb" || !parts[1]) return route;
  route.kb = parts[1];
  if (parts.length === 2) return { ...route, view: "kb", search: false };
  if (parts[2] === "search" && parts.length === 3) return { ...route, view: "kb", search: true };
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

export function pageLink(kb, document, page, q = "") {
  const query = q ? `?${new URLSearchParams({ q })}` : "";
  return `${kbLink(kb)}/doc/${code(document)}/page/${page}${query}`;
}

export const go = (link) => {
  location.hash = link;
};

/** Puts another address in place of the current one: no step for Back. */
export function replace(link) {
  history.replaceState(null, "", link);
  dispatchEvent(new HashChangeEvent("hashchange"));
}
