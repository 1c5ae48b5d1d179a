// Choosing which fields are looked for: a built-in schema, or one's own as JSON, with errors shown at their place.

import { el, setText } from "../dom.js";
import { t } from "../i18n.js";
import { lineAt, placeOf, placeOfSyntaxError } from "../json_place.js";
import { kindOfSchema } from "../schema.js";

const EXAMPLE = {
  type: "object",
  title: "Invoice",
  required: ["total"],
  properties: {
    invoice_no: { type: "string", title: "Invoice No.", description: "Also called: 发票号码, bill number" },
    issued: { type: "string", format: "date" },
    total: { type: "number", description: "Amount to be paid, tax included" },
    paid_by: { enum: ["cash", "card", "transfer"] },
    lines: {
      type: "array",
      items: { type: "object", properties: { item: { type: "string" }, amount: { type: "number" } } },
    },
  },
};

/**
 * Makes the choice: `{node, read(form data), refused(error)}`. `read` throws an error with a sentence where the text is no
 * JSON; `refused` shows the place that the server found fault with.
 * @param {string[]} names of built-in schemas
 * @param {string|object} present the schema that is chosen at first
 */
export function schemaField(names, present = "generic") {
  const kind = kindOfSchema(present);
  const problem = el("p", { class: "field-problem", id: "schema-problem", role: "alert" });
  const text = el("textarea", {
    class: "input schema-text",
    name: "own-schema",
    rows: 14,
    spellcheck: "false",
    autocapitalize: "off",
    "aria-label": t("schema.text"),
    "aria-describedby": "schema-problem",
    on: { input: () => setText(problem, "") },
  });
  text.value = kind === "own" ? JSON.stringify(present, null, 2) : "";
  const example = () => {
    text.value = JSON.stringify(EXAMPLE, null, 2);
    setText(problem, "");
    text.focus();
    text.setSelectionRange(0, 0);
    text.scrollTop = 0;
  };
  const own = el(
    "div",
    { class: "schema-own", hidden: kind !== "own" },
    el("small", { text: t("schema.how") }),
    text,
    problem,
    el("button", { type: "button", class: "button small", on: { click: example }, text: t("schema.example") }),
  );
  const show = (event) => {
    own.hidden = event.target.value !== "own";
    if (!own.hidden && !text.value) example();
  };
  const choice = (schema) =>
    el(
      "label",
      { class: "choice" },
      el("input", { type: "radio", name: "schema", value: schema, checked: schema === kind, on: { change: show } }),
      el("span", {}, el("strong", { text: t(`schema.${schema}`) }), el("small", { text: t(`schema.${schema}.hint`) })),
    );

  /** Selects a stretch of the text and brings its line into view. */
  function mark([start, end]) {
    text.focus();
    text.setSelectionRange(start, end);
    const lines = text.value.split("\n").length;
    text.scrollTop = (text.scrollHeight * Math.max(lineAt(text.value, start) - 4, 0)) / lines;
  }

  return {
    node: [...names, "own"].map(choice).concat(own),
    read(form) {
      if (form.get("schema") !== "own") return form.get("schema");
      try {
        return JSON.parse(text.value);
      } catch (error) {
        const at = placeOfSyntaxError(text.value, error);
        const message = at === null ? t("schema.noJson") : t("schema.noJsonAt", { line: lineAt(text.value, at) });
        setText(problem, message);
        if (at !== null) mark([Math.max(at - 1, 0), at + 1]);
        throw { code: "schema_no_json", message };
      }
    },
    refused(error) {
      const pointer = error.detail?.pointer;
      if (error.code !== "schema_invalid" || typeof pointer !== "string") return;
      const place = placeOf(text.value, pointer);
      const line = lineAt(text.value, place[0]);
      const why = error.message.replace(`schema, at ${pointer || "/"}: `, "");
      setText(problem, t("schema.wrongAt", { line, pointer: pointer || "/", why }));
      mark(place);
    },
  };
}
