// Where files are dropped or chosen, and what becomes of them on their way.

import { about } from "../api.js";
import { el, icon, iconButton, onFrame, progressBar, setText } from "../dom.js";
import { bytes } from "../format.js";
import { sentence, t } from "../i18n.js";
import { pageLink } from "../router.js";
import { toast } from "../notices.js";
import { mayWrite } from "../session.js";
import * as uploads from "../uploads.js";

const LISTED = 200;
const KIND_NAMES = {
  pdf: "PDF",
  docx: "Word (DOCX)",
  png: "PNG",
  jpeg: "JPEG",
  tiff: "TIFF",
  webp: "WebP",
  bmp: "BMP",
};

/** Makes the panel: `{node, close()}`. Files may be dropped anywhere on `area`. */
export function uploadPanel(kb, area) {
  const queue = uploads.uploadsOf(kb);
  const kinds = el("span", { class: "muted", text: " " });
  let largestBytes = Infinity;
  about().then(
    (server) => {
      kinds.textContent = server.kinds.map((kind) => KIND_NAMES[kind] ?? kind.toUpperCase()).join(t("comma"));
      largestBytes = server.max_upload_mb * 1e6;
    },
    () => {
      kinds.textContent = Object.values(KIND_NAMES).join(t("comma")); // the server checks every file all the same
    },
  );
  const bar = progressBar(t("upload.progress"));
  const barText = el("p", { role: "status" });
  const sending = el(
    "div",
    { class: "sending", hidden: true },
    el(
      "div",
      { class: "sending-line" },
      barText,
      el("button", {
        type: "button",
        class: "button small",
        text: t("upload.stop"),
        on: { click: () => uploads.stop(kb) },
      }),
    ),
    bar.node,
  );
  const outcome = el("div", { class: "outcome", "aria-live": "polite" });
  const tagsInput = el("input", {
    class: "input",
    id: "upload-tags",
    autocomplete: "off",
    placeholder: t("upload.tagsExample"),
  });
  const picker = (id, props) =>
    el("input", {
      type: "file",
      id,
      class: "unseen",
      tabindex: -1,
      "aria-hidden": "true",
      multiple: true,
      ...props,
      on: {
        change: (event) => {
          take(uploads.chosenFiles(event.target.files));
          event.target.value = "";
        },
      },
    });
  const files = picker("file-input", {});
  const folder = picker("folder-input", { webkitdirectory: true });
  const node = el(
    "section",
    { class: "upload", id: "drop-zone", data: { needs: "write" }, "aria-label": t("upload.title") },
    el(
      "div",
      { class: "upload-line" },
      icon("upload"),
      el("p", { class: "upload-words" }, el("strong", { text: t("upload.drop") }), kinds),
      el(
        "div",
        { class: "upload-buttons" },
        el(
          "button",
          { type: "button", class: "button primary", id: "choose-files", on: { click: () => files.click() } },
          t("upload.files"),
        ),
        el(
          "button",
          { type: "button", class: "button", id: "choose-folder", on: { click: () => folder.click() } },
          icon("folder"),
          t("upload.folder"),
        ),
      ),
      el("label", { class: "upload-tags" }, el("span", { text: t("upload.tags") }), tagsInput),
      files,
      folder,
    ),
    sending,
    outcome,
  );

  function take(chosen) {
    const tags = tagsInput.value
      .split(/[,，;；]/)
      .map((tag) => tag.trim())
      .filter(Boolean);
    if (chosen.length) uploads.add(kb, chosen, tags, largestBytes);
    else toast(t("upload.nothing"));
  }

  let outcomeShown = "";
  const draw = onFrame(() => {
    sending.hidden = !queue.active;
    const sent = Math.min(queue.bytes, queue.sentBefore + queue.sent);
    bar.set(queue.bytes ? sent / queue.bytes : 0);
    setText(
      barText,
      t("upload.sending", {
        done: queue.done,
        files: queue.files,
        sent: bytes(Math.round(sent)),
        bytes: bytes(queue.bytes),
      }),
    );
    const state = [
      queue.rejected.map((problem) => problem.id),
      queue.duplicates.length,
      queue.active ? 0 : queue.accepted,
    ].join("/");
    if (state !== outcomeShown) drawOutcome();
    outcomeShown = state;
  });

  function drawOutcome() {
    const { rejected, duplicates } = queue;
    outcome.replaceChildren();
    if (duplicates.length) {
      outcome.append(
        el(
          "div",
          { class: "note", id: "duplicates" },
          icon("check"),
          el(
            "p",
            {},
            t("upload.duplicates", { n: duplicates.length }),
            " ",
            duplicates
              .slice(0, 5)
              .map((document, index) => [
                index ? t("comma") : "",
                el("a", { href: pageLink(kb, document.id, 1), text: document.filename }),
              ]),
            duplicates.length > 5 ? ` … +${duplicates.length - 5}` : "",
          ),
          iconButton("close", t("dismiss"), () => {
            queue.duplicates = [];
            draw();
          }),
        ),
      );
    }
    if (!rejected.length) return;
    outcome.append(
      el(
        "div",
        { class: "rejected", id: "rejected" },
        el(
          "div",
          { class: "rejected-head" },
          el("strong", { text: t("upload.rejected", { n: rejected.length }) }),
          el("button", {
            type: "button",
            class: "button small",
            text: t("upload.dismissAll"),
            on: { click: () => uploads.dismissAll(kb) },
          }),
        ),
        el(
          "ul",
          {},
          rejected.slice(0, LISTED).map((problem) =>
            el(
              "li",
              { data: { rejected: problem.filename } },
              icon("alert"),
              el("p", {}, el("strong", { text: problem.filename }), " ", el("span", { text: sentence(problem.error) })),
              problem.again &&
                el("button", {
                  type: "button",
                  class: "button small",
                  text: t("tryAgain"),
                  on: { click: () => uploads.sendAgain(kb, problem) },
                }),
              iconButton("close", t("dismissNamed", { name: problem.filename }), () => uploads.dismiss(kb, problem.id)),
            ),
          ),
        ),
      ),
    );
  }

  let depth = 0; // of entered elements: leaving a child is not leaving the area
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const handlers = {
    dragenter: () => area.classList.toggle("dropping", ++depth > 0),
    dragleave: () => area.classList.toggle("dropping", --depth > 0),
    dragover: (event) => {
      event.dataTransfer.dropEffect = "copy";
    },
    drop: async (event) => {
      depth = 0;
      area.classList.remove("dropping");
      try {
        take(await uploads.droppedFiles(event.dataTransfer));
      } catch {
        toast(t("upload.unreadable"), { error: true });
      }
    },
  };
  const stop = new AbortController();
  for (const [name, handler] of Object.entries(handlers)) {
    document.addEventListener(
      name,
      (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        if (mayWrite()) handler(event);
      },
      { signal: stop.signal },
    );
  }
  const unsubscribe = uploads.subscribe(kb, draw);
  draw();
  return {
    node,
    close() {
      stop.abort();
      unsubscribe();
    },
  };
}
