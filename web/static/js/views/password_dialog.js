// Asking for the password of a file that is protected by one.

import * as api from "../api.js";
import { openDialog } from "../dialogs.js";
import { el } from "../dom.js";
import { t } from "../i18n.js";

const isLocked = (error) => error?.code === "encrypted" || error?.detail?.code === "encrypted";

/** Whether a password would help a document: of a PDF alone, as those of Office files are refused. */
export const needsPassword = (document) =>
  document.kind === "pdf" && (isLocked(document.error) || document.warnings.some(isLocked));

/** `changed(document)` is called once it is being tried again. */
export function askForPassword(kb, document, changed) {
  openDialog({
    id: "password-dialog",
    title: t("password.title", { name: document.filename }),
    confirm: t("password.confirm"),
    content: [
      el(
        "label",
        { class: "field" },
        el("span", { text: t("password.label") }),
        el("input", {
          class: "input",
          type: "password",
          name: "password",
          required: true,
          maxlength: 500,
          autocomplete: "off",
        }),
      ),
      el("p", { class: "muted", text: t("password.kept") }),
    ],
    act: async (form) => changed(await api.retryDocument(kb, document.id, form.get("password"))),
  });
}
