// Who looks at the page: what the server lets them do, and what happens when it knows them no more.

import * as api from "./api.js";
import { setReviewLine } from "./fields.js";

let current = null; // {scope, knowledge_bases, keys_needed}; null: not signed in
let ended = () => {};

export const session = () => current;

/** Whether documents may be added and changed; the server decides, this only spares a refusal. */
export const mayWrite = () => current?.scope !== "read";

/** Asks the server who we are. Fails with an error of status 401 where it wants a key first. */
export async function load() {
  keep(await api.session());
}

/** Shows the server a key, this once: it answers with a cookie that no script can read. */
export async function signIn(key) {
  keep(await api.signIn(key));
}

export async function signOut() {
  await api.signOut();
  keep(null);
}

/** Passages of a search are kept for the viewer: whoever sits here next must not find them. */
function forgetWhatWasShown() {
  try {
    sessionStorage.clear();
  } catch {
    // Switched off: nothing was kept.
  }
}

/** Calls `act` when the server does not know us; with true where it did before. */
export function onEnd(act) {
  ended = act;
}

addEventListener(api.UNAUTHORIZED, () => {
  const known = current !== null;
  keep(null);
  ended(known);
});

function keep(found) {
  current = found;
  if (!found) forgetWhatWasShown();
  else api.about().then((about) => setReviewLine(about.review_confidence), () => {}); // views tell what is wrong
  // What a key does not allow is not shown: see `data-needs` in the views and controls.css.
  const { dataset } = document.documentElement;
  dataset.scope = found?.scope ?? "";
  dataset.keyFor = found?.knowledge_bases ? "some" : "all";
}
