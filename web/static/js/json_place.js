// Where in the text of a JSON document something stands, so that an error can be shown at its place.

const SPACE = /\s*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const PLAIN = /[^\s,\]}]+/y;

/** Offsets [start, end) of what a JSON pointer leads to: a member with its name, an item; the nearest that is there. */
export function placeOf(text, pointer) {
  const wanted = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  let at = 0;

  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found;
  };

  /** Passes over a value; the place of what is wanted if it is in it. `rest` is null where nothing in it is wanted. */
  const value = (start, rest) => {
    let found = null;
    match(SPACE);
    const open = text[at];
    if (open === "{" || open === "[") {
      at += 1;
      for (let index = 0; match(SPACE), at < text.length && !"}]".includes(text[at]); index += 1) {
        const begin = at;
        let name = String(index);
        if (open === "{") {
          name = JSON.parse(match(STRING));
          match(SPACE);
          at += 1; // the colon
        }
        found = value(begin, rest?.length && rest[0] === name ? rest.slice(1) : null) ?? found;
        match(SPACE);
        if (text[at] === ",") at += 1;
      }
      at += 1;
    } else if (open === '"') {
      match(STRING);
    } else {
      match(PLAIN);
    }
    return found ?? (rest ? [start, at] : null);
  };

  return value(0, wanted);
}

/** Where a text stops being JSON, as far as the browser tells; null otherwise. */
export function placeOfSyntaxError(text, error) {
  const [, line, column] = /line (\d+) column (\d+)/.exec(error.message) ?? [];
  if (line) {
    const before = text.split("\n").slice(0, line - 1);
    return before.reduce((sum, one) => sum + one.length + 1, 0) + Number(column) - 1;
  }
  const [, position] = /position (\d+)/.exec(error.message) ?? [];
  return position ? Number(position) : /end of/.test(error.message) ? text.length : null;
}

export const lineAt = (text, at) => text.slice(0, at).split("\n").length;
