// Which documents a list shows: loaded part by part, newest first, and kept up to date by what the socket tells.

import * as api from "./api.js";

const PART = 50;
const PART_WHEN_LOOKING_FOR_A_NAME = 500;
const IN_WORK = ["queued", "running"];
const SOURCES = { all: [null], working: IN_WORK, done: ["done"], failed: ["failed"] };

/** The documents of a knowledge base that match a filter `{status, name, tag}`. */
export class DocumentList {
  constructor(kb, signal) {
    this.kb = kb;
    this.signal = signal;
    this.documents = new Map(); // id -> document; of every status, so that changes are told from news
    this.deleted = new Set();
    this.reset({ status: "all", name: "", tag: "" });
  }

  /** Begins anew with another filter; what is known stays known. */
  reset(filter) {
    this.filter = filter;
    this.limit = PART;
    this.sources = SOURCES[filter.status].map((status) => ({ status, cursor: null, begun: false, ended: false }));
    this.round = {}; // answers to earlier filters are dropped
  }

  /** Loads until `limit` documents match or there are no more. */
  async fill() {
    const { round } = this;
    while (this.round === round && this.shown().length < this.limit) {
      const open = this.sources.filter((source) => !source.ended);
      if (!open.length) return;
      await Promise.all(open.map((source) => this.#load(source, round)));
    }
  }

  async #load(source, round) {
    const limit = this.filter.name ? PART_WHEN_LOOKING_FOR_A_NAME : PART;
    const { tag } = this.filter;
    const answer = await api.documents(
      this.kb,
      { status: source.status, tag, limit, cursor: source.cursor },
      this.signal,
    );
    if (this.round !== round) return;
    for (const document of answer.items) this.put(document);
    source.begun = true;
    source.cursor = answer.next_cursor;
    source.ended = !answer.next_cursor;
  }

  async more() {
    this.limit += PART;
    await this.fill();
  }

  /** Takes a document in; false where nothing newer came. Cursors are ids, so that ids tell the order. */
  put(document) {
    const known = this.documents.get(document.id);
    if (this.deleted.has(document.id) || (known && known.version > document.version)) return false;
    this.documents.set(document.id, document);
    return true;
  }

  /** Takes in how long documents in work will still take: that moves on without a change of theirs. */
  setTimesLeft(seconds) {
    let changed = false;
    for (const [id, left] of Object.entries(seconds)) {
      const known = this.documents.get(id);
      if (!known || !IN_WORK.includes(known.status) || known.eta_seconds === left) continue;
      this.documents.set(id, { ...known, eta_seconds: left });
      changed = true;
    }
    return changed;
  }

  remove(id) {
    this.deleted.add(id);
    return this.documents.delete(id);
  }

  /** What to show, newest first. Below what every open source has given there may be gaps: that part waits. */
  shown() {
    const open = this.sources.filter((source) => !source.ended);
    if (open.some((source) => !source.begun)) return [];
    const bottom = open.reduce((highest, source) => (source.cursor > highest ? source.cursor : highest), "");
    const found = [...this.documents.values()].filter((document) => document.id >= bottom && this.#matches(document));
    return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, this.limit);
  }

  get hasMore() {
    return this.sources.some((source) => !source.ended) || this.#count() > this.limit;
  }

  #count() {
    let count = 0;
    for (const document of this.documents.values()) if (this.#matches(document)) count += 1;
    return count;
  }

  #matches(document) {
    const { status, name, tag } = this.filter;
    if (status === "working" && !IN_WORK.includes(document.status)) return false;
    if (status === "done" && document.status !== "done") return false;
    if (status === "failed" && document.status !== "failed") return false;
    if (tag && !document.tags.includes(tag)) return false;
    return !name || document.filename.toLowerCase().includes(name.toLowerCase());
  }
}
