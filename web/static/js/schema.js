// Schemas of fields: those that are built in have names, others are JSON Schemas that people write.

import { t } from "./i18n.js";

/** `generic`, `resume` or `own`. */
export const kindOfSchema = (schema) => (typeof schema === "object" && schema ? "own" : (schema ?? "generic"));

/** What a knowledge base's schema is called: its title where it has one. */
export const nameOfSchema = (schema) => (typeof schema === "object" && schema?.title) || t(`schema.${kindOfSchema(schema)}`);
