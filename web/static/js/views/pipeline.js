// What the pipeline is doing: its stages, its workers, what failed, and what else is amiss.

import * as api from "../api.js";
import { arrange, el, icon, setAttribute, setText } from "../dom.js";
import { duration, moment, number } from "../format.js";
import { language, t } from "../i18n.js";
import { errorNote, loading, toastError } from "../notices.js";
import { pageLink } from "../router.js";
import { STAGES } from "./document_row.js";
import { failures } from "./failures.js";
import { firstPage, unitName } from "./units.js";

const EVERY_MS = 1000;
const READY_EVERY = 5; // of these rounds
const NO_WORKER = /^(\w+): no worker yet/;
const PAUSED = /^(\w+): paused since/;

export function openPipeline(_route, main) {
  const stop = new AbortController();
  const { signal } = stop;
  document.title = `${t("pipeline.title")} · Pagemill`;
  const health = el("div", { id: "health", "aria-live": "polite" });
  const problem = el("div", {});
  const cards = new Map(STAGES.map((stage) => [stage, stageCard(stage)]));
  const workers = new Map();
  const failed = failures(signal);
  const list = el("ul", { class: "workers", id: "workers" });
  const nobody = el("p", { class: "muted", text: t("pipeline.noWorkers"), hidden: true });
  const content = el(
    "div",
    { hidden: true },
    el(
      "ol",
      { class: "stages" },
      [...cards.values()].map((card) => card.node),
    ),
    failed.node,
    el("h2", { text: t("pipeline.workers") }),
    nobody,
    list,
  );
  const wait = loading();
  main.append(
    el(
      "div",
      { class: "page" },
      el("div", { class: "page-head" }, el("h1", { text: t("pipeline.title") })),
      health,
      problem,
      wait,
      content,
    ),
  );
  let round = 0;
  let timer = 0;

  async function look() {
    if (!document.hidden) {
      try {
        draw(await api.pipeline(signal));
        if (round++ % READY_EVERY === 0) drawHealth(await api.ready(signal));
        problem.replaceChildren();
      } catch (error) {
        if (signal.aborted) return;
        round = 0;
        wait.remove();
        if (!problem.firstElementChild) problem.replaceChildren(errorNote(error));
      }
    }
    if (!signal.aborted) timer = setTimeout(look, EVERY_MS);
  }

  function draw({ stages, workers: now }) {
    wait.remove();
    content.hidden = false;
    for (const [stage, card] of cards) card.show(stages[stage], now.filter((worker) => worker.stage === stage).length);
    failed.show(stages);
    nobody.hidden = now.length > 0;
    const sorted = [...now].sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || (a.id < b.id ? -1 : 1));
    arrange(
      list,
      sorted.map((worker) => {
        if (!workers.has(worker.id)) workers.set(worker.id, workerRow(worker));
        workers.get(worker.id).show(worker);
        return workers.get(worker.id).node;
      }),
    );
    for (const id of workers.keys()) if (!now.some((worker) => worker.id === id)) workers.delete(id);
  }

  let healthShown = "";
  function drawHealth({ problems, notes }) {
    const state = JSON.stringify([problems, notes]);
    if (state === healthShown) return;
    healthShown = state;
    health.replaceChildren(
      ...problems.map((text) => el("div", { class: "note note-error" }, icon("alert"), el("p", { text }))),
      ...notes.map((text) =>
        el("div", { class: "note note-warning" }, icon("alert"), el("p", { text: readable(text), title: text })),
      ),
      problems.length + notes.length === 0 ? el("p", { class: "all-well" }, icon("check"), t("pipeline.well")) : "",
    );
  }

  look();
  return {
    close() {
      clearTimeout(timer);
      stop.abort();
    },
  };
}

function readable(note) {
  for (const [pattern, key] of [
    [NO_WORKER, "pipeline.noWorker"],
    [PAUSED, "pipeline.isPaused"],
  ]) {
    const stage = pattern.exec(note)?.[1];
    if (STAGES.includes(stage)) return t(key, { stage: t(`stage.${stage}`) });
  }
  return note;
}

function stageCard(stage) {
  const figure = (name) => {
    const value = el("dd", {});
    return { value, node: el("div", { data: { figure: name } }, el("dt", { text: t(`pipeline.${name}`) }), value) };
  };
  const figures = Object.fromEntries(
    ["ready", "claimed", "failed", "rate", "oldest"].map((name) => [name, figure(name)]),
  );
  const workers = el("p", { class: "muted" });
  let paused = false;
  const words = el("span", {});
  const picture = icon("pause");
  const pause = el(
    "button",
    {
      type: "button",
      class: "button small",
      data: { action: "pause", needs: "admin", needsAll: "" },
      on: { click: turn },
    },
    picture,
    words,
  );

  /** Pauses the stage, or lets it go on. */
  async function turn() {
    pause.disabled = true;
    try {
      drawPause((await (paused ? api.resumeStage : api.pauseStage)(stage)).paused);
    } catch (error) {
      toastError(error);
    }
    pause.disabled = false;
  }

  function drawPause(now) {
    paused = now;
    node.dataset.paused = now;
    picture.className = `icon icon-${now ? "play" : "pause"}`;
    setText(words, t(now ? "pipeline.resume" : "pipeline.pause"));
    setAttribute(pause, "aria-label", t(now ? "pipeline.resumeNamed" : "pipeline.pauseNamed", { stage: t(`stage.${stage}`) }));
  }

  const node = el(
    "li",
    { class: "stage-card", data: { stage } },
    el("h2", { text: t(`stage.${stage}`) }),
    el("p", { class: "muted", text: t(`stage.${stage}.does`) }),
    el(
      "dl",
      {},
      Object.values(figures).map((one) => one.node),
    ),
    workers,
    pause,
  );
  return {
    node,
    show(now, count) {
      if (!pause.disabled) drawPause(now.paused);
      setText(figures.ready.value, number(now.ready));
      setText(figures.claimed.value, number(now.claimed));
      setText(figures.failed.value, number(now.failed));
      setText(figures.rate.value, t("pipeline.perMinute", { n: number(Math.round(now.rate_per_minute * 10) / 10) }));
      setText(figures.oldest.value, now.oldest_age_seconds === null ? "–" : duration(now.oldest_age_seconds));
      setText(workers, t("pipeline.workerCount", { n: count }));
      node.dataset.active = now.claimed > 0;
      figures.failed.node.dataset.bad = now.failed > 0;
    },
  };
}

function workerRow(first) {
  const doing = el("ul", { class: "doing" });
  const done = el("span", { class: "muted" });
  const node = el(
    "li",
    { class: "worker", data: { worker: first.id } },
    el(
      "div",
      { class: "worker-who" },
      el("strong", { text: t(`stage.${first.stage}`) }),
      el("span", {
        class: "muted",
        text: `${first.host} · ${first.pid}`,
        title: t("pipeline.since", { when: moment(first.started_at) }),
      }),
      done,
    ),
    doing,
  );
  return {
    node,
    show(worker) {
      setText(done, t("pipeline.unitsDone", { n: worker.units_done }));
      const lines = worker.doing.map((unit) =>
        el(
          "li",
          {},
          el("a", {
            href: pageLink(unit.kb, unit.document, firstPage(worker.stage, unit.unit)),
            text: unit.filename ?? unit.document,
          }),
          el("span", {
            class: "muted",
            text: [unit.knowledge_base, unitName(worker.stage, unit.unit)].filter(Boolean).join(" · "),
          }),
          el("span", { class: "seconds", text: duration(unit.seconds) }),
        ),
      );
      const state = JSON.stringify(worker.doing.map((unit) => [unit.document, unit.unit, Math.round(unit.seconds)]));
      if (doing.dataset.state === state) return;
      doing.dataset.state = state;
      const focused = doing.contains(document.activeElement);
      if (focused) return; // a link under the keyboard stays
      doing.replaceChildren(...(lines.length ? lines : [el("li", { class: "muted", text: t("pipeline.idle") })]));
      node.dataset.idle = worker.doing.length === 0;
    },
  };
}
