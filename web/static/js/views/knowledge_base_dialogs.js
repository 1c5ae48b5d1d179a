// Making, changing and deleting a knowledge base.

import * as api from "../api.js";
import { openDialog } from "../dialogs.js";
import { el } from "../dom.js";
import { t } from "../i18n.js";
import { toast, toastError } from "../notices.js";
import { schemaField } from "./schema_field.js";

const nameField = (value = "") =>
  el(
    "label",
    { class: "field" },
    el("span", { text: t("create.name") }),
    el("input", { class: "input", name: "name", required: true, maxlength: 100, autocomplete: "off", value }),
  );

const keptField = (days = null) =>
  el(
    "label",
    { class: "field" },
    el("span", { text: t("create.kept") }),
    el("input", { class: "input", name: "retention", type: "number", min: 1, max: 36500, step: 1, value: days }),
    el("small", { text: t("create.keptHint") }),
  );

const daysOf = (form) => (form.get("retention") ? Number(form.get("retention")) : null);

export async function askForKnowledgeBase(made) {
  let known;
  try {
    known = await api.about();
  } catch (error) {
    toastError(error);
    return;
  }
  const schema = schemaField(known.schemas);
  const language = (code) =>
    el(
      "label",
      { class: "check" },
      el("input", { type: "checkbox", name: "languages", value: code, checked: code !== "zh-Hant" }),
      el("span", { text: t(`language.${code}`) }),
    );
  openDialog({
    id: "create-dialog",
    title: t("create.title"),
    confirm: t("create.confirm"),
    content: [
      nameField(),
      el("fieldset", { class: "field" }, el("legend", { text: t("create.schema") }), schema.node),
      el(
        "fieldset",
        { class: "field" },
        el("legend", { text: t("create.languages") }),
        el("div", { class: "checks" }, known.languages.map(language)),
        el("small", { text: t("create.languagesHint") }),
      ),
      keptField(),
    ],
    act: async (form) => {
      const languages = form.getAll("languages");
      if (!languages.length) throw { code: "no_language", message: t("create.noLanguage") };
      const wanted = {
        name: form.get("name").trim(),
        schema: schema.read(form),
        languages,
        retention_days: daysOf(form),
      };
      made(await heeded(schema, api.createKnowledgeBase(wanted)));
    },
  });
}

/** What an answer brings; a schema that was refused shows where. */
async function heeded(schema, answer) {
  try {
    return await answer;
  } catch (error) {
    schema.refused(error);
    throw error;
  }
}

export async function askToChange(record, changed) {
  let known;
  try {
    known = await api.about();
  } catch (error) {
    toastError(error);
    return;
  }
  const schema = schemaField(known.schemas, record.schema);
  openDialog({
    id: "change-dialog",
    title: t("change.title"),
    confirm: t("change.confirm"),
    content: [
      nameField(record.name),
      el("fieldset", { class: "field" }, el("legend", { text: t("change.schema") }), schema.node),
      keptField(record.retention_days),
    ],
    act: async (form) => {
      const wanted = schema.read(form);
      const others = JSON.stringify(wanted) !== JSON.stringify(record.schema);
      const change = { name: form.get("name").trim(), retention_days: daysOf(form), ...(others && { schema: wanted }) };
      changed(await heeded(schema, api.changeKnowledgeBase(record.id, change)));
      if (others) await offerToRerun(record);
    },
  });
}

/** After a change of fields: documents keep what was found before until they are done again. */
async function offerToRerun(record) {
  const { documents } = await api.knowledgeBase(record.id);
  const count = Object.values(documents).reduce((sum, n) => sum + n, 0);
  if (!count) return;
  openDialog({
    id: "rerun-dialog",
    title: t("rerun.title"),
    confirm: t("rerun.confirm"),
    content: [el("p", { text: t("rerun.why", { n: count }) }), el("p", { class: "muted", text: t("rerun.later") })],
    act: async () => {
      const { runs, passed_over } = await api.reprocessAll(record.id, "extract");
      toast(t("reprocess.opened", { n: runs, passed: passed_over }));
    },
  });
}

/** `status` holds the counts, or is null where they are not known yet. */
export function askToDelete(record, status, deleted) {
  const documents = status ? Object.values(status.documents).reduce((sum, n) => sum + n, 0) : null;
  openDialog({
    id: "delete-dialog",
    title: t("delete.title", { name: record.name }),
    confirm: t("delete.confirm"),
    danger: true,
    content: [
      el("p", {
        text:
          documents === null
            ? t("delete.lostAll")
            : documents === 0
              ? t("delete.lostNothing")
              : t("delete.lost", { documents, pages: status.pages.total }),
      }),
      el("p", { class: "muted", text: t("delete.forEver") }),
    ],
    act: async () => {
      await api.deleteKnowledgeBase(record.id);
      deleted();
    },
  });
}
