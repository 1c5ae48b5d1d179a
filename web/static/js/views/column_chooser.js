// Which columns of a table show.

import { el, icon } from "../dom.js";
import { fullLabel } from "../fields.js";
import { t } from "../i18n.js";

/**
 * Makes the chooser; `change(paths)` is called with the columns that are to show, none for the usual ones.
 * @param {object[]} all columns there are, `{name, filled}`; @param {string[]} shown paths
 */
export function columnChooser(all, shown, change) {
  const boxes = all.map(({ name }) => {
    const box = el("input", { type: "checkbox", value: name });
    box.checked = shown.includes(name);
    return box;
  });
  const apply = () => change(boxes.filter((box) => box.checked).map((box) => box.value));
  const check = (yes) => {
    for (const box of boxes) box.checked = yes;
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
      boxes.map((box, at) =>
        el(
          "label",
          { class: "check" },
          box,
          el(
            "span",
            {},
            fullLabel(box.value),
            !all[at].filled && el("span", { class: "muted", text: ` ${t("table.emptyColumn")}` }),
          ),
        ),
      ),
    ),
    el(
      "div",
      { class: "dialog-buttons" },
      el("button", { type: "button", class: "button small", text: t("table.noColumns"), on: { click: () => check(false) } }),
      el("button", { type: "button", class: "button small", text: t("table.allColumns"), on: { click: () => check(true) } }),
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
