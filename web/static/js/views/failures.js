// What failed, stage by stage: why, and buttons to have it tried again or to take it off the list.

import * as api from "../api.js";
import { el, icon } from "../dom.js";
import { moment } from "../format.js";
import { sentence, t } from "../i18n.js";
import { toast, toastError } from "../notices.js";
import { pageLink } from "../router.js";
import { STAGES } from "./document_row.js";
import { firstPage, unitName } from "./units.js";

const SHOWN = 20;

/** Makes the lists: `{node, show(stages)}`; they are asked for anew where a stage's count of failures moved. */
export function failures(signal) {
  const lists = new Map(STAGES.map((stage) => [stage, stageFailures(stage, signal)]));
  const node = el(
    "section",
    { id: "failures", hidden: true, "aria-label": t("failures.title") },
    el("h2", { text: t("failures.title") }),
    [...lists.values()].map((list) => list.node),
  );
  return {
    node,
    show(stages) {
      for (const [stage, list] of lists) list.show(stages[stage].failed);
      node.hidden = STAGES.every((stage) => stages[stage].failed === 0);
    },
  };
}

function stageFailures(stage, signal) {
  const list = el("ul", { class: "failures" });
  const more = el("p", { class: "muted" });
  const node = el(
    "section",
    { class: "stage-failures", hidden: true, data: { failures: stage } },
    el(
      "div",
      { class: "failures-head" },
      el("h3", { text: t(`stage.${stage}`) }),
      button("retry", t("failures.retryAll"), () => retry({})),
      button("discard", t("failures.discardAll"), () => discard({})),
    ),
    list,
    more,
  );
  let known = 0;

  function button(action, text, act) {
    return el(
      "button",
      {
        type: "button",
        class: "button small",
        data: { action, needs: "write" },
        on: {
          click: async (event) => {
            const pressed = event.currentTarget;
            pressed.disabled = true;
            try {
              await act();
            } catch (error) {
              toastError(error);
            }
            pressed.disabled = false;
          },
        },
      },
      icon(action === "retry" ? "retry" : "close"),
      text,
    );
  }

  async function retry(which) {
    const { runs, passed_over } = await api.retryFailed(stage, which);
    toast(t("reprocess.opened", { n: runs, passed: passed_over }));
    await afterwards();
  }

  async function discard(which) {
    await api.discardFailed(stage, which);
    await afterwards();
  }

  /** What was tried again may have failed again before the next look: its count alone would not tell. */
  async function afterwards() {
    known = -1;
    await load();
  }

  async function load() {
    const { items, next_cursor } = await api.failed(stage, SHOWN, signal);
    list.replaceChildren(...items.map(row));
    more.textContent = next_cursor ? t("failures.more", { n: SHOWN }) : "";
    node.hidden = items.length === 0;
  }

  function row(unit) {
    const which = { kb: unit.kb, document: unit.document };
    return el(
      "li",
      { class: "failure", data: { document: unit.document } },
      el(
        "div",
        { class: "failure-words" },
        el("a", { href: pageLink(unit.kb, unit.document, firstPage(stage, unit.unit)), text: unit.filename }),
        el("span", {
          class: "muted",
          text: [unit.knowledge_base, unitName(stage, unit.unit), moment(unit.finished_at)].filter(Boolean).join(" · "),
        }),
        el("p", { text: sentence(unit.error) }),
      ),
      button("retry", t("retry"), () => retry(which)),
      button("discard", t("failures.discard"), () => discard(which)),
    );
  }

  return {
    node,
    /** Asks again where the count moved; what a button did is asked for at once. */
    show(count) {
      if (count === known) return;
      known = count;
      load().catch((error) => {
        known = -1; // the next look tries again
        if (!signal.aborted && error.status !== 0) toastError(error);
      });
    },
  };
}
