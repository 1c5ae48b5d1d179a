// How people name a unit of work: the pages or passages of a document that it stands for.

import { t } from "../i18n.js";

const PAGE_STAGES = ["render", "ocr"];

export const firstPage = (stage, unit) => (PAGE_STAGES.includes(stage) && Number.parseInt(unit, 10)) || 1;

export function unitName(stage, unit) {
  const [first, last = first] = String(unit ?? "").split("-");
  if (!/^\d+$/.test(first)) return "";
  if (PAGE_STAGES.includes(stage))
    return first === last ? t("pageNumber", { n: first }) : t("pageRange", { first, last });
  return stage === "embed" ? t("pipeline.chunks", { first, last }) : "";
}
