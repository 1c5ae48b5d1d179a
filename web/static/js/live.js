// Changes as they happen: the WebSocket of a knowledge base, opened again whenever it breaks.

import { UNAUTHORIZED, socketAddress } from "./api.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const GONE = 4404;
const SIGNED_OUT = 4401;
const REFUSED = [4400, 4403, 4429]; // asking again would not help

/**
 * Follows a knowledge base until `signal` aborts.
 * @param {object} handlers `document(doc)`, `deleted(id)`, `knowledgeBase(kb)`, `timesLeft({id: seconds})`, `gone()`, `connected(bool)`
 */
export function follow(kb, since, handlers, signal) {
  let version = since;
  let pause = FIRST_PAUSE_MS;
  let socket = null;
  let timer = 0;

  const open = () => {
    socket = new WebSocket(socketAddress(kb, version));
    socket.addEventListener("open", () => {
      pause = FIRST_PAUSE_MS;
      handlers.connected(true);
    });
    socket.addEventListener("message", (event) => {
      if (signal.aborted) return;
      const message = JSON.parse(event.data);
      version = Math.max(version, message.version ?? 0);
      if (message.type === "document") handlers.document(message.document);
      else if (message.type === "deleted") handlers.deleted(message.id);
      else if (message.type === "knowledge_base") {
        handlers.knowledgeBase(message.knowledge_base);
        handlers.timesLeft(message.eta_seconds);
      }
    });
    socket.addEventListener("close", (event) => {
      if (signal.aborted) return;
      if (event.code === GONE) {
        handlers.gone();
        return;
      }
      handlers.connected(false);
      if (event.code === SIGNED_OUT) {
        dispatchEvent(new Event(UNAUTHORIZED));
        return;
      }
      if (REFUSED.includes(event.code)) return;
      timer = setTimeout(open, pause * (0.75 + Math.random() / 2)); // spread: many pages may wait for one server
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  };

  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    if (socket?.readyState === WebSocket.CONNECTING) socket.addEventListener("open", () => socket.close());
    else socket?.close();
  });
  open();
}
