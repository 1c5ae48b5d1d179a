// A document as a line in a list. Made once, then only what differs is written.

import * as api from "../api.js";
import { openDialog } from "../dialogs.js";
import { arrange, el, icon, iconButton, progressBar, setAttribute, setText } from "../dom.js";
import { bytes, fullMoment, moment, percent, timeLeft } from "../format.js";
import { sentence, t } from "../i18n.js";
import { toastError } from "../notices.js";
import { pageLink } from "../router.js";
import { askForPassword, needsPassword } from "./password_dialog.js";
import { askToReprocess } from "./reprocess_dialog.js";

export const STAGES = ["render", "ocr", "extract", "embed", "store"];

/** How each stage of a document stands: "waiting", "active", "done" or "failed". */
function stageStates(document) {
  const at = STAGES.indexOf(document.stage);
  return STAGES.map((name, index) => {
    const stage = document.stages[name];
    if (document.status === "done") return "done";
    if (document.status === "failed" && (stage?.failed || index === at)) return "failed";
    if (stage?.finished_at || (stage?.total && stage.done >= stage.total && index < at)) return "done";
    if (document.status === "running" && (index === at || (stage?.started_at && !stage.finished_at))) return "active";
    return "waiting";
  });
}

/**
 * Makes a row: `{node, update(document)}`.
 * @param {object} actions `changed(document)`, `removed(id)`, `chooseTag(tag)`
 */
export function documentRow(kb, first, actions) {
  let shown = null;
  const link = el("a", { class: "row-name" });
  const facts = el("span", { class: "row-facts" });
  const tags = el("span", { class: "row-tags" });
  const steps = STAGES.map((name) => el("li", { data: { stage: name } }));
  const track = el("ol", { class: "track", "aria-label": t("stages") }, steps);
  const doing = el("span", { class: "row-doing" });
  const pages = el("span", { class: "row-pages" });
  const share = el("span", { class: "row-percent" });
  const left = el("span", { class: "row-left" });
  const status = el("span", { class: "status" });
  const bar = progressBar("");
  const note = el("div", { class: "row-note" });
  const noteText = el("p");
  const retryText = el("span", {});
  const retryButton = el(
    "button",
    {
      type: "button",
      class: "button small",
      data: { action: "retry", needs: "write" },
      on: {
        click: (event) =>
          needsPassword(shown) ? askForPassword(kb, shown, actions.changed) : act(event, api.retryDocument),
      },
    },
    icon("retry"),
    retryText,
  );
  note.append(icon("alert"), noteText, retryButton);
  const cancel = iconButton("stop", t("cancel"), (event) => act(event, api.cancelDocument), {
    "data-action": "cancel",
    "data-needs": "write",
  });
  const again = iconButton("retry", t("reprocess"), () => askToReprocess(kb, shown, actions.changed), {
    "data-action": "reprocess",
    "data-needs": "write",
  });
  const original = el(
    "a",
    { class: "icon-button", download: true, href: `${api.documentPath(kb, first.id)}/original` },
    icon("download"),
  );
  const remove = iconButton("trash", t("delete"), () => askToDelete(), {
    "data-action": "delete",
    "data-needs": "write",
  });
  const node = el(
    "li",
    { class: "row", data: { document: first.id } },
    el(
      "div",
      { class: "row-main" },
      icon(["pdf", "docx", undefined].includes(first.kind) ? "file" : "image"),
      el("div", { class: "row-words" }, link, el("div", { class: "row-sub" }, facts, tags)),
    ),
    el(
      "div",
      { class: "row-work" },
      el("div", { class: "row-line" }, track, doing),
      bar.node,
      el("div", { class: "row-line row-figures" }, pages, share, left),
    ),
    status,
    el("div", { class: "row-actions" }, cancel, again, original, remove),
    note,
  );

  /** Does what a button says; it cannot be pressed twice. */
  async function act(event, ask) {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      actions.changed(await ask(kb, first.id));
    } catch (error) {
      toastError(error);
    }
    button.disabled = false;
  }

  function askToDelete() {
    openDialog({
      id: "delete-dialog",
      title: t("deleteDocument.title", { name: shown.filename }),
      confirm: t("delete.confirm"),
      danger: true,
      content: [el("p", { text: t("deleteDocument.lost") })],
      act: async () => {
        await api.deleteDocument(kb, first.id);
        actions.removed(first.id);
      },
    });
  }

  function drawTags(document) {
    arrange(
      tags,
      document.tags.map((tag) =>
        el("button", {
          type: "button",
          class: "chip",
          title: t("list.onlyTag", { tag }),
          text: tag,
          on: { click: () => actions.chooseTag(tag) },
        }),
      ),
    );
  }

  function drawWork(document) {
    const { total, done, failed } = document.pages;
    const working = document.status === "running" || document.status === "queued";
    stageStates(document).forEach((state, index) => {
      const text = `${t(`stage.${STAGES[index]}`)}: ${t(`stageState.${state}`)}`;
      setAttribute(steps[index], "data-state", state);
      setAttribute(steps[index], "title", text);
      setText(steps[index], text);
    });
    setText(doing, document.status === "running" && document.stage ? t(`stage.${document.stage}`) : "");
    setText(
      pages,
      total === null
        ? working
          ? t("row.notOpened")
          : ""
        : document.status === "done" && !failed
          ? t("pages", { n: total })
          : t("pagesOf", { done, total }),
    );
    bar.node.hidden = document.status !== "running";
    setAttribute(bar.node, "aria-label", t("progressOf", { name: document.filename }));
    bar.set(document.progress);
    setText(share, document.status === "running" ? percent(document.progress) : "");
    setText(left, working ? timeLeft(document.eta_seconds) : "");
  }

  function drawNote(document) {
    const { failed, total } = document.pages;
    const partly = document.status === "done" && failed > 0;
    note.hidden = !partly && !(document.error && ["failed", "cancelled"].includes(document.status));
    if (note.hidden) return;
    setText(noteText, partly ? t("row.pagesFailed", { n: failed, total }) : sentence(document.error));
    setAttribute(note, "data-kind", partly ? "partly" : "failed");
    setText(retryText, t(needsPassword(document) ? "password.enter" : "retry"));
    retryButton.hidden = !partly && document.status !== "failed";
  }

  function update(document) {
    if (shown === document) return;
    const before = shown;
    shown = document;
    setAttribute(node, "data-status", document.status);
    setText(link, document.filename);
    setAttribute(link, "title", document.filename);
    setAttribute(link, "href", pageLink(kb, document.id, 1));
    setAttribute(original, "aria-label", t("downloadNamed", { name: document.filename }));
    setAttribute(original, "title", t("download"));
    setText(
      facts,
      [
        document.language && t(`language.${document.language}`),
        document.size_bytes && bytes(document.size_bytes),
        moment(document.created_at),
      ]
        .filter(Boolean)
        .join(" · "),
    );
    setAttribute(facts, "title", fullMoment(document.created_at));
    if (before?.tags.join("\n") !== document.tags.join("\n")) drawTags(document);
    setText(status, t(`status.${document.status}`));
    setAttribute(status, "data-status", document.status);
    drawWork(document);
    drawNote(document);
    again.hidden = ["queued", "running"].includes(document.status);
    cancel.hidden = !again.hidden;
    setAttribute(again, "aria-label", t("reprocessNamed", { name: document.filename }));
    setAttribute(cancel, "aria-label", t("cancelNamed", { name: document.filename }));
    setAttribute(remove, "aria-label", t("deleteNamed", { name: document.filename }));
  }

  update(first);
  return { node, update };
}
