// An address that names nothing.

import { el } from "../dom.js";
import { t } from "../i18n.js";
import { homeLink } from "../router.js";

export function openMissing(_route, main) {
  document.title = "Pagemill";
  main.append(
    el(
      "div",
      { class: "empty" },
      el("h1", { text: t("missing.title") }),
      el("p", { text: t("missing.text") }),
      el("a", { class: "button primary", href: homeLink, text: t("missing.home") }),
    ),
  );
  return { close() {} };
}
