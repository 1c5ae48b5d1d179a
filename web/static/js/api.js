// The server's HTTP interface.

const ROOT = "/api/v1";
const TIMEOUT_MS = 60_000;
/** The event that tells the page that the server does not know us any more. */
export const UNAUTHORIZED = "pagemill:unauthorized";

/** Why a request failed: what the server said, or that it could not be reached. */
export class ApiError extends Error {
  constructor(status, { code, message, detail = null }) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

export const unreachable = () => new ApiError(0, { code: "network", message: "" });

/** Reads an error out of an answer's text. */
export function errorOf(status, text) {
  if (status === 401) dispatchEvent(new Event(UNAUTHORIZED));
  try {
    const { error } = JSON.parse(text);
    if (error?.code) return new ApiError(status, error);
  } catch {
    // Not ours: a proxy's page, or nothing.
  }
  return new ApiError(status, {
    code: status === 413 ? "too_large" : status === 503 || status === 502 ? "unavailable" : "internal",
    message: "",
  });
}

async function request(method, path, { body, signal, accept = [] } = {}) {
  const options = { method, headers: {}, signal: anySignal(signal) };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  let text;
  try {
    response = await fetch(path, options);
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
  if (!response.ok && !accept.includes(response.status)) throw errorOf(response.status, text);
  return text ? JSON.parse(text) : null;
}

function anySignal(signal) {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  return signal && AbortSignal.any ? AbortSignal.any([signal, limit]) : (signal ?? limit);
}

export const isAbort = (error) => error?.name === "AbortError";

const queryOf = (values) => {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === null || value === undefined || value === "" ? [] : [value].flat().map((one) => [name, one]),
  );
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
};

export const kbPath = (kb) => `${ROOT}/knowledge-bases/${encodeURIComponent(kb)}`;
export const documentPath = (kb, document) => `${kbPath(kb)}/documents/${encodeURIComponent(document)}`;
export const imagePath = (kb, document, page, width, rotation) =>
  `${documentPath(kb, document)}/pages/${page}/image${queryOf({ width, rotation })}`;

export const session = () => request("GET", `${ROOT}/session`);
export const signIn = (key) => request("POST", `${ROOT}/session`, { body: { key } });
export const signOut = () => request("DELETE", `${ROOT}/session`);

let aboutAnswer = null;

/** What this server can do; asked once. */
export function about() {
  aboutAnswer ??= request("GET", `${ROOT}/about`).catch((error) => {
    aboutAnswer = null;
    throw error;
  });
  return aboutAnswer;
}

export async function knowledgeBases(signal) {
  const items = [];
  for (let cursor = null; ;) {
    const answer = await request("GET", `${ROOT}/knowledge-bases${queryOf({ limit: 500, cursor })}`, { signal });
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (!cursor) return items;
  }
}

export const knowledgeBase = (kb, signal) => request("GET", kbPath(kb), { signal });
export const createKnowledgeBase = (body) => request("POST", `${ROOT}/knowledge-bases`, { body });
export const changeKnowledgeBase = (kb, body) => request("PATCH", kbPath(kb), { body });
export const deleteKnowledgeBase = (kb) => request("DELETE", kbPath(kb));

export const documents = (kb, query, signal) => request("GET", `${kbPath(kb)}/documents${queryOf(query)}`, { signal });
export const document_ = (kb, id, signal) => request("GET", documentPath(kb, id), { signal });
export const retryDocument = (kb, id, password) =>
  request("POST", `${documentPath(kb, id)}/retry`, password ? { body: { password } } : {});
export const cancelDocument = (kb, id) => request("POST", `${documentPath(kb, id)}/cancel`);
export const deleteDocument = (kb, id) => request("DELETE", documentPath(kb, id));
export const reprocessDocument = (kb, id, from) =>
  request("POST", `${documentPath(kb, id)}/reprocess${queryOf({ from })}`);
export const reprocessAll = (kb, from) => request("POST", `${kbPath(kb)}/reprocess${queryOf({ from })}`);
export const pages = (kb, id, signal) => request("GET", `${documentPath(kb, id)}/pages`, { signal });
export const page = (kb, id, number, signal) => request("GET", `${documentPath(kb, id)}/pages/${number}`, { signal });
export const fieldTable = (kb, query, signal) => request("GET", `${kbPath(kb)}/fields${queryOf(query)}`, { signal });
export const fieldsFile = (kb, query) => `${kbPath(kb)}/fields.csv${queryOf(query)}`;
export const review = (kb, query, signal) => request("GET", `${kbPath(kb)}/review${queryOf(query)}`, { signal });
export const correct = (kb, id, body) => request("POST", `${documentPath(kb, id)}/corrections`, { body });
export const corrections = (kb, id, signal) =>
  request("GET", `${documentPath(kb, id)}/corrections${queryOf({ limit: 500 })}`, { signal });
export const takeBack = (kb, id, correction) =>
  request("DELETE", `${documentPath(kb, id)}/corrections/${encodeURIComponent(correction)}`);
export const search = (kb, query, signal) => request("GET", `${kbPath(kb)}/search${queryOf(query)}`, { signal });
export const pipeline = (signal) => request("GET", `${ROOT}/pipeline`, { signal });
const stagePath = (stage) => `${ROOT}/pipeline/${stage}`;
export const pauseStage = (stage) => request("POST", `${stagePath(stage)}/pause`);
export const resumeStage = (stage) => request("POST", `${stagePath(stage)}/resume`);
export const failed = (stage, limit, signal) =>
  request("GET", `${stagePath(stage)}/failed${queryOf({ limit })}`, { signal });
export const retryFailed = (stage, which) => request("POST", `${stagePath(stage)}/failed/retry${queryOf(which)}`);
export const discardFailed = (stage, which) => request("POST", `${stagePath(stage)}/failed/discard${queryOf(which)}`);
export const ready = (signal) => request("GET", "/readyz", { signal, accept: [503] });
export const errorAt = (path) =>
  request("GET", path).then(
    () => null,
    (error) => error,
  );

/** Has the server make a file, without taking it: that may last longer than an answer should. */
export async function made(path) {
  let response;
  try {
    response = await fetch(path, { method: "HEAD" });
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw (await errorAt(path)) ?? errorOf(response.status, "");
}

export const socketAddress = (kb, since) =>
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${kbPath(kb)}/events${queryOf({ since })}`;
