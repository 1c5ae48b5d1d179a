// Numbers, sizes and times as people write them.

import { language, t } from "./i18n.js";

const locale = () => (language === "zh" ? "zh-CN" : "en");

export const number = (value) => value.toLocaleString(locale());

export const percent = (share) => `${Math.floor(share * 100)}%`;

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const [unit, size] = count < 1e6 ? ["kB", 1e3] : count < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  const value = count / size;
  return `${value.toLocaleString(locale(), { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`;
}

/** Seconds that are left, roughly; people do not plan by the second. */
export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 10) return t("time.soon");
  if (seconds < 55) return t("time.aboutSeconds", { n: Math.ceil(seconds / 10) * 10 });
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return t("time.aboutMinutes", { n: minutes });
  return t("time.aboutHours", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

/** How long an answer took. */
export const milliseconds = (ms) =>
  ms < 950 ? t("time.milliseconds", { n: Math.max(1, Math.round(ms)) }) : duration(ms / 1000);

/** A length of time, exactly enough. */
export function duration(seconds) {
  if (seconds < 60) return t("time.seconds", { n: seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds) });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t("time.minutes", { n: minutes });
  return t("time.hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

/** When, as short as it can be told apart: the time today, the day this year, else the date. */
export function moment(text) {
  const when = new Date(text);
  if (Number.isNaN(when.getTime())) return "";
  const now = new Date();
  if (when.toDateString() === now.toDateString())
    return when.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", hour12: false });
  const options = { month: "short", day: "numeric" };
  if (when.getFullYear() !== now.getFullYear()) options.year = "numeric";
  return when.toLocaleDateString(locale(), options);
}

export const fullMoment = (text) => new Date(text).toLocaleString(locale());
