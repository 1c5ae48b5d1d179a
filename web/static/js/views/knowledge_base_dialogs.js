// Making, renaming and deleting a knowledge base.

import * as api from "../api.js";
import { openDialog } from "../dialogs.js";
import { el } from "../dom.js";
import { t } from "../i18n.js";
import { toastError } from "../notices.js";

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
  const choice = (schema, index) =>
    el(
      "label",
      { class: "choice" },
      el("input", { type: "radio", name: "schema", value: schema, checked: index === 0 }),
      el("span", {}, el("strong", { text: t(`schema.${schema}`) }), el("small", { text: t(`schema.${schema}.hint`) })),
    );
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
      el("fieldset", { class: "field" }, el("legend", { text: t("create.schema") }), known.schemas.map(choice)),
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
      made(
        await api.createKnowledgeBase({
          name: form.get("name").trim(),
          schema: form.get("schema"),
          languages,
          retention_days: daysOf(form),
        }),
      );
    },
  });
}

export function askToRename(record, renamed) {
  openDialog({
    id: "rename-dialog",
    title: t("rename.title"),
    confirm: t("rename.confirm"),
    content: [nameField(record.name), keptField(record.retention_days)],
    act: async (form) => {
      const change = { name: form.get("name").trim(), retention_days: daysOf(form) };
      renamed(await api.changeKnowledgeBase(record.id, change));
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
