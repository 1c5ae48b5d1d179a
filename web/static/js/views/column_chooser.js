// Which columns of a table show.

import { el, icon } from "../dom.js";
import { fullLabel } from "../fields.js";
import { t } from "../i18n.js";

/** Makes the chooser; `change(paths)` is called with the columns that are to show, none for all. */
export function columnChooser(all, shown, change) {
  const boxes = all.map((path) => {
    const box = el("input", { type: "checkbox", value: path });
    box.checked = shown.includes(path);
    return box;
  });
  const apply = () => {
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    change(chosen.length === all.length ? [] : chosen);
  };
  const form = el(
    "form",
    {
      class: "column-form",
      on: {
        submit: (event) => {
          event.preventDefault();
          apply();
        },
      },
    },
    el(
      "div",
      { class: "column-boxes" },
      boxes.map((box) => el("label", { class: "check" }, box, el("span", { text: fullLabel(box.value) }))),
    ),
    el(
      "div",
      { class: "dialog-buttons" },
      el("button", { type: "button", class: "button small", text: t("table.allColumns"), on: { click: () => change([]) } }),
      el("button", { type: "submit", class: "button small primary", text: t("table.apply") }),
    ),
  );
  const node = el(
    "details",
    { class: "column-chooser", id: "columns" },
    el("summary", { class: "button small" }, icon("table"), t("table.columns")),
    form,
  );
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    node.open = false;
    node.querySelector("summary").focus();
  });
  node.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !node.contains(event.relatedTarget)) node.open = false;
  });
  return node;
}
