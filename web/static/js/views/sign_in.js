// Signing in: a key, once.

import { el, icon } from "../dom.js";
import { t } from "../i18n.js";
import { errorNote } from "../notices.js";
import { signIn } from "../session.js";

/**
 * Asks for a key.
 * @param {HTMLElement} main where
 * @param {object} options `ended`: a session has ended just now; `done()`: somebody is signed in
 */
export function openSignIn(main, { ended, done }) {
  document.title = `${t("signIn.title")} · Pagemill`;
  const input = el("input", {
    class: "input",
    type: "password",
    name: "key",
    id: "key",
    required: true,
    maxlength: 200,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "pm_…",
  });
  const problem = el("div", { class: "sign-in-problem" });
  const submit = el("button", { type: "submit", class: "button primary", text: t("signIn.do") });
  const form = el(
    "form",
    { class: "sign-in", id: "sign-in" },
    icon("key"),
    el("h1", { text: t("signIn.title") }),
    el("p", { class: "muted", text: ended ? t("signIn.ended") : t("signIn.text") }),
    el("label", { class: "field" }, el("span", { text: t("signIn.key") }), input),
    problem,
    submit,
    el("p", { class: "muted sign-in-hint", text: t("signIn.hint") }),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.replaceChildren();
    try {
      await signIn(input.value.trim());
      input.value = "";
      done();
    } catch (error) {
      problem.replaceChildren(errorNote(error.status === 401 ? { message: t("signIn.wrong") } : error));
      submit.disabled = false;
      input.select();
    }
  });
  main.append(form);
  input.focus();
  return { close() {} };
}
