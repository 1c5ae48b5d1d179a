// Uploads that go on whichever view is open: a queue a knowledge base, sent in parts, one after the other.

import { ApiError, errorOf, kbPath, unreachable } from "./api.js";
import { t } from "./i18n.js";

const PART_FILES = 20;
const PART_BYTES = 100e6;
const UNWANTED = /^\.|^(Thumbs\.db|desktop\.ini|__MACOSX)$/i;

const queues = new Map(); // knowledge base -> queue
let problems = 0;

/** Whether a file or folder of this name is one that people upload on purpose. */
export const wanted = (name) => !UNWANTED.test(name);

/**
 * The uploads of a knowledge base: `{files, done, bytes, sent, active, accepted, rejected, duplicates}`.
 * `rejected` holds `{id, filename, error, file?}`: with a file where sending it again may work.
 */
export function uploadsOf(kb) {
  if (!queues.has(kb)) {
    queues.set(kb, {
      kb,
      waiting: [],
      files: 0,
      done: 0,
      bytes: 0,
      sentBefore: 0,
      sent: 0,
      active: false,
      accepted: 0,
      rejected: [],
      duplicates: [],
      listeners: new Set(),
      request: null,
    });
  }
  return queues.get(kb);
}

export function subscribe(kb, listener) {
  const { listeners } = uploadsOf(kb);
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const changed = (queue) => queue.listeners.forEach((listener) => listener());

/** Adds files to the queue and begins to send. What is too large for the server is not sent in vain. */
export function add(kb, chosen, tags, largestBytes = Infinity) {
  const queue = uploadsOf(kb);
  const files = chosen.filter((file) => file.size <= largestBytes);
  for (const file of chosen)
    if (file.size > largestBytes)
      reject(queue, file.name, {
        code: "too_large",
        message: t("upload.tooLarge", { mb: largestBytes / 1e6 }),
        detail: null,
      });
  if (!queue.active)
    Object.assign(queue, { files: 0, done: 0, bytes: 0, sentBefore: 0, sent: 0, accepted: 0, duplicates: [] });
  queue.waiting.push(...parts(files).map((part) => ({ files: part, tags })));
  queue.files += files.length;
  queue.bytes += total(files);
  if (!queue.active && queue.waiting.length) sendAll(queue);
  changed(queue);
}

const total = (files) => files.reduce((sum, file) => sum + file.size, 0);

/** Groups files into requests of at most 20 files or 100 MB; a larger file goes alone. */
function parts(files) {
  const result = [];
  let part = [];
  let bytes = 0;
  for (const file of files) {
    if (part.length === PART_FILES || (part.length && bytes + file.size > PART_BYTES)) {
      result.push(part);
      [part, bytes] = [[], 0];
    }
    part.push(file);
    bytes += file.size;
  }
  return part.length ? [...result, part] : result;
}

async function sendAll(queue) {
  queue.active = true;
  while (queue.waiting.length) {
    const part = queue.waiting.shift();
    try {
      take(queue, await send(queue, part), part);
    } catch (error) {
      if (error.code === "stopped") break;
      for (const file of part.files) reject(queue, file.name, error, passes(error) ? { file, tags: part.tags } : null);
    }
    queue.done += part.files.length;
    queue.sentBefore += total(part.files);
    queue.sent = 0;
    changed(queue);
  }
  queue.active = false;
  queue.request = null;
  changed(queue);
}

/** Whether sending the same again may work. */
const passes = ({ code }) => ["network", "unavailable", "internal", "upload_cut", "too_many_waiting"].includes(code);

function take(queue, answer, part) {
  for (const document of answer.documents) {
    if (document.duplicate) queue.duplicates.push(document);
    else queue.accepted += 1;
  }
  for (const { filename, error } of answer.rejected) {
    const file = passes(error) && part.files.find(({ name }) => name === filename);
    reject(queue, filename, error, file ? { file, tags: part.tags } : null);
  }
}

function reject(queue, filename, error, again = null) {
  const { code, message, detail } = error;
  queue.rejected.push({ id: ++problems, filename, error: { code, message, detail }, again });
}

function send(queue, { files, tags }) {
  const body = new FormData();
  if (tags.length) body.append("tags", tags.join(","));
  for (const file of files) body.append("files", file, file.name);
  return new Promise((resolve, fail) => {
    const request = new XMLHttpRequest();
    queue.request = request;
    request.open("POST", `${kbPath(queue.kb)}/documents`);
    request.upload.addEventListener("progress", (event) => {
      // The body is a little larger than its files.
      queue.sent = event.total ? (event.loaded / event.total) * total(files) : 0;
      changed(queue);
    });
    request.addEventListener("load", () => {
      if (request.status !== 202) return fail(errorOf(request.status, request.responseText));
      try {
        return resolve(JSON.parse(request.responseText));
      } catch {
        return fail(unreachable());
      }
    });
    request.addEventListener("error", () => fail(unreachable()));
    request.addEventListener("abort", () => fail(new ApiError(0, { code: "stopped", message: "" })));
    request.send(body);
  });
}

/** Sends no more; what has arrived stays. */
export function stop(kb) {
  const queue = uploadsOf(kb);
  queue.waiting = [];
  queue.request?.abort();
}

export function dismiss(kb, id) {
  const queue = uploadsOf(kb);
  queue.rejected = queue.rejected.filter((problem) => problem.id !== id);
  changed(queue);
}

export function dismissAll(kb) {
  const queue = uploadsOf(kb);
  queue.rejected = [];
  queue.duplicates = [];
  changed(queue);
}

/** Sends a file again that could not be sent. */
export function sendAgain(kb, problem) {
  dismiss(kb, problem.id);
  add(kb, [problem.again.file], problem.again.tags);
}

/** The files of a drop, those in folders too. Must be called while the drop is handled. */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const files = [];
  for (const entry of entries) await collect(entry, files);
  return files;
}

async function collect(entry, files) {
  if (entry === null || !wanted(entry.name)) return;
  if (entry instanceof File) files.push(entry);
  else if (entry.isFile) files.push(await new Promise((resolve, fail) => entry.file(resolve, fail)));
  else {
    const reader = entry.createReader();
    // A reader gives a hundred entries at a time, and none at the end.
    for (;;) {
      const some = await new Promise((resolve, fail) => reader.readEntries(resolve, fail));
      if (!some.length) break;
      for (const inner of some) await collect(inner, files);
    }
  }
}

/** The files that were chosen, without those in hidden folders. */
export const chosenFiles = (list) =>
  [...list].filter((file) => (file.webkitRelativePath || file.name).split("/").every(wanted));

addEventListener("beforeunload", (event) => {
  if ([...queues.values()].some((queue) => queue.active)) event.preventDefault();
});
