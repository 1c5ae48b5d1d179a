// The text of a page beside its picture.

import { el } from "../dom.js";
import { marked, piecesAtWords } from "../hit.js";
import { t } from "../i18n.js";

const WIDE = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/u;

/** The blocks of a page; where layout is not known yet, a block a line. */
export const blocksOf = (reading) =>
  reading.blocks ?? linesOf(reading).map((line) => ({ kind: "line", level: null, ...line }));

/** The lines of a page as they were read: `[{text, box}, ...]`. */
export function linesOf(reading) {
  const lines = new Map();
  for (const word of reading.words) {
    if (!lines.has(word.line)) lines.set(word.line, []);
    lines.get(word.line).push(word);
  }
  return [...lines.values()].map((words) => ({ text: joined(words), box: union(words) }));
}

/** The lines that a person is given to correct, each with its box where one line of the page reads like it. */
export function linesToCorrect(reading) {
  const bare = (text) => text.replace(/\s+/g, "");
  const boxes = new Map();
  for (const { text, box } of linesOf(reading)) boxes.set(bare(text), [...(boxes.get(bare(text)) ?? []), box]);
  const lines = reading.text ? reading.text.split("\n") : [];
  return lines.map((text) => ({ text, box: boxes.get(bare(text))?.shift() ?? null }));
}

/** Words as a line: Chinese characters stand together, other words apart. */
function joined(words) {
  let text = "";
  for (const { text: word } of words) {
    const together = text === "" || (WIDE.test(text.at(-1)) && WIDE.test(word[0] ?? ""));
    text += together ? word : ` ${word}`;
  }
  return text;
}

const union = (words) =>
  [0, 1, 2, 3].map((side) => Math[side < 2 ? "min" : "max"](...words.map((word) => word.box[side])));

/**
 * Makes the text: `{node, show(blocks, words), message(node), outline(index, scroll)}`.
 * @param {object} handlers `hover(index or null)`, `choose(index)`
 */
export function pageText(handlers) {
  const node = el("div", { class: "page-text", id: "page-text", lang: null });
  let nodes = [];

  function blockNode(block, index, wanted) {
    const heading = block.kind === "heading";
    const props = { class: `block block-${block.kind}`, data: { block: index } };
    if (heading) Object.assign(props, { role: "heading", "aria-level": Math.min(6, (block.level ?? 1) + 2) });
    if (heading) props.class += ` level-${Math.min(3, block.level ?? 1)}`;
    if (block.kind === "list_item") props.class += ` depth-${Math.min(3, block.level ?? 0)}`;
    return el("div", props, marked(piecesAtWords(block.text, wanted)));
  }

  const indexOf = (event) => {
    const block = event.target.closest("[data-block]");
    return block ? Number(block.dataset.block) : null;
  };
  node.addEventListener("pointerover", (event) => handlers.hover(indexOf(event)));
  node.addEventListener("pointerleave", () => handlers.hover(null));
  node.addEventListener("click", (event) => {
    if (indexOf(event) !== null && getSelection().isCollapsed) handlers.choose(indexOf(event));
  });
  return {
    node,
    show(blocks, wanted) {
      nodes = blocks.map((block, index) => blockNode(block, index, wanted));
      node.replaceChildren(...nodes);
      if (!blocks.length) node.replaceChildren(el("p", { class: "muted", text: t("viewer.noText") }));
    },
    message(content) {
      nodes = [];
      node.replaceChildren(content);
    },
    outline(index, scroll = false) {
      nodes.forEach((block, at) => block.classList.toggle("outlined", at === index));
      if (scroll) nodes[index]?.scrollIntoView({ block: "nearest" });
    },
  };
}
