// Asking from which stage on documents are to be done anew.

import * as api from "../api.js";
import { openDialog } from "../dialogs.js";
import { el } from "../dom.js";
import { t } from "../i18n.js";
import { toast } from "../notices.js";

const STARTS = ["render", "ocr", "extract", "embed", "store"];

const choices = () =>
  STARTS.map((stage, index) =>
    el(
      "label",
      { class: "choice" },
      el("input", { type: "radio", name: "from", value: stage, checked: index === 0 }),
      el(
        "span",
        {},
        el("strong", { text: t(`stage.${stage}`) }),
        el("small", { text: t(`reprocess.${stage}`) }),
      ),
    ),
  );

function ask(title, act) {
  openDialog({
    id: "reprocess-dialog",
    title,
    confirm: t("reprocess.confirm"),
    content: [
      el("p", { text: t("reprocess.until") }),
      el("fieldset", { class: "field" }, el("legend", { text: t("reprocess.from") }), choices()),
    ],
    act: (form) => act(form.get("from")),
  });
}

/** One document; `changed(document)` is called once its new run waits. */
export const askToReprocess = (kb, document, changed) =>
  ask(t("reprocess.title", { name: document.filename }), async (from) =>
    changed(await api.reprocessDocument(kb, document.id, from)),
  );

/** All documents of a knowledge base. */
export const askToReprocessAll = (record) =>
  ask(t("reprocess.title", { name: record.name }), async (from) => {
    const { runs, passed_over } = await api.reprocessAll(record.id, from);
    toast(t("reprocess.opened", { n: runs, passed: passed_over }));
  });
