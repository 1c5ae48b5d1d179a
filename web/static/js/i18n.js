// Which language the page speaks, and its sentences.

import en from "./i18n/en.js";
import zh from "./i18n/zh.js";

const TABLES = { en, zh };
const KEY = "pagemill.language";

export let language = initial();

function initial() {
  let kept = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // Storage is switched off: the browser's language it is.
  }
  return kept in TABLES ? kept : navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function setLanguage(value) {
  language = value;
  document.documentElement.lang = value === "zh" ? "zh-CN" : "en";
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // As above.
  }
}

/** The text of a key; `values` fills it where it is a function. */
export function t(key, values = {}) {
  const found = TABLES[language][key] ?? TABLES.en[key];
  if (found === undefined) return key;
  return typeof found === "function" ? found(values) : found;
}

export const has = (key) => key in TABLES[language];

/** What to tell about an error `{code, message, detail}`: the server's own sentence in English, ours in Chinese. */
export function sentence(error) {
  if (language === "en" && error.message) return error.message;
  const kind = `kind.${error.detail?.kind}`;
  if (["unsupported_kind", "encrypted"].includes(error.code) && has(kind)) return t(kind);
  const key = `error.${error.code}`;
  return has(key) ? t(key) : error.message || t("error.internal");
}
