// Where on a page the words of a search stand: lines that hold them, narrowed to the words themselves.

import { pattern } from "./hit.js";

const WIDE = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/u;
const SLACK_PT = 1;

/**
 * The boxes of the wanted words inside a line; the line's own box where none is found in it.
 * @param {number[]} line box of the line, points
 * @param {{text: string, box: number[]}[]} words of the page as they were read
 * @param {string[]} wanted words in lower case
 */
export function boxesInLine(line, words, wanted) {
  const characters = words
    .filter(({ box }) => isInside(box, line))
    .sort((a, b) => a.box[0] - b.box[0])
    .flatMap(spread);
  let text = "";
  for (const part of characters) {
    part.at = text.length;
    text += part.character;
  }
  const boxes = [];
  for (const match of wanted.length ? text.matchAll(new RegExp(pattern(wanted), "giu")) : []) {
    const found = characters.filter(({ at }) => at >= match.index && at < match.index + match[0].length);
    boxes.push(around(found.map(({ box }) => box)));
  }
  return boxes.length ? boxes : [line];

  /** A word's characters, each with its share of the word's box, and a blank behind it where its script has one. */
  function spread({ text: word, box: [x0, y0, x1, y1] }) {
    const each = Array.from(word.toLowerCase());
    const widths = each.map((character) => (WIDE.test(character) ? 2 : 1));
    const unit = (x1 - x0) / widths.reduce((sum, width) => sum + width, 0);
    let x = x0;
    const result = each.map((character, index) => {
      const from = x;
      x += widths[index] * unit;
      return { character, box: [from, y0, x, y1] };
    });
    if (!WIDE.test(each.at(-1) ?? "")) result.push({ character: " ", box: [x1, y0, x1, y1] });
    return result;
  }

  function isInside([x0, y0, x1, y1], [left, top, right, bottom]) {
    const x = (x0 + x1) / 2;
    const y = (y0 + y1) / 2;
    return x >= left - SLACK_PT && x <= right + SLACK_PT && y >= top - SLACK_PT && y <= bottom + SLACK_PT;
  }
}

const around = (boxes) => [
  Math.min(...boxes.map(([x0]) => x0)),
  Math.min(...boxes.map(([, y0]) => y0)),
  Math.max(...boxes.map(([, , x1]) => x1)),
  Math.max(...boxes.map(([, , , y1]) => y1)),
];
