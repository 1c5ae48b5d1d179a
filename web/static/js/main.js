// The frame of the page: the bar at its top, and which view stands below it.

import { el, icon, iconButton, segmented } from "./dom.js";
import { language, setLanguage, t } from "./i18n.js";
import { toastError } from "./notices.js";
import { homeLink, parse, pipelineLink } from "./router.js";
import { load, onEnd, session, signOut } from "./session.js";
import { openHome } from "./views/home.js";
import { openKnowledgeBase } from "./views/knowledge_base.js";
import { openMissing } from "./views/missing.js";
import { openPipeline } from "./views/pipeline.js";
import { openSignIn } from "./views/sign_in.js";
import { openViewer } from "./views/viewer.js";

const OPENERS = {
  home: openHome,
  kb: openKnowledgeBase,
  viewer: openViewer,
  pipeline: openPipeline,
  missing: openMissing,
};
const main = document.getElementById("main");
let asking = null; // {ended}: a key is asked for; null: nobody is asked
let current = null; // {key, view: {node, update?(route), close()}}

const keyOf = (route) => [route.view, route.kb, route.document].join("/");

/** Shows what the address names. A view that can show it by itself is only told. */
function show() {
  if (location.hash === "#main" || asking) return;
  const route = parse(location.hash);
  const key = keyOf(route);
  drawTop(route);
  if (current?.key === key && current.view.update) {
    current.view.update(route);
    return;
  }
  const first = current === null;
  current?.view.close();
  main.replaceChildren();
  document.documentElement.dataset.view = route.view;
  current = { key, view: OPENERS[route.view](route, main) };
  scrollTo(0, 0);
  if (!first) main.focus({ preventScroll: true });
}

function restart() {
  current?.view.close();
  current = null;
  if (asking) ask(asking);
  else show();
}

/** Asks for a key, in the place of every view. */
function ask(options) {
  asking = options;
  current?.view.close();
  main.replaceChildren();
  document.querySelectorAll("dialog").forEach((dialog) => dialog.close());
  document.documentElement.dataset.view = "sign-in";
  drawTop({ view: "sign-in" });
  const done = () => {
    asking = null;
    restart();
  };
  current = { key: "sign-in", view: openSignIn(main, { ...options, done }) };
}

async function leave() {
  try {
    await signOut();
    // A new page: nothing of what was shown stays in memory.
    location.reload();
  } catch (error) {
    toastError(error);
  }
}

function drawTop(route) {
  const section = route.view === "pipeline" || route.view === "sign-in" ? route.view : "home";
  const link = (name, href, picture, text) =>
    el("a", { href, "aria-current": section === name ? "page" : null }, icon(picture), el("span", { text }));
  document.getElementById("skip").textContent = t("skip");
  const top = document.getElementById("top");
  const state = `${section}/${language}`;
  if (top.dataset.state === state) return;
  top.dataset.state = state;
  top.replaceChildren(
    el(
      "a",
      { class: "brand", href: homeLink, "aria-label": `Pagemill, ${t("home.title")}` },
      el("img", { src: "/static/icons/pagemill.svg", alt: "", width: 24, height: 24 }),
      el("span", { text: "Pagemill" }),
    ),
    asking
      ? ""
      : el(
          "nav",
          { "aria-label": t("nav") },
          link("home", homeLink, "library", t("home.title")),
          link("pipeline", pipelineLink, "pipeline", t("pipeline.title")),
        ),
    el(
      "div",
      { class: "switches" },
      segmented(
        "language-switch",
        t("language"),
        [
          ["en", "EN", "English"],
          ["zh", "中", "中文"],
        ],
        language,
        (value) => {
          setLanguage(value);
          restart();
          document.querySelector(`#language-switch input[value=${value}]`)?.focus();
        },
      ),
      segmented(
        "theme-switch",
        t("theme"),
        [
          ["light", icon("sun"), t("theme.light")],
          ["auto", icon("auto"), t("theme.auto")],
          ["dark", icon("moon"), t("theme.dark")],
        ],
        window.pagemillTheme.choice,
        (value) => {
          window.pagemillTheme.choice = value;
        },
      ),
      session()?.keys_needed && iconButton("leave", t("signOut"), leave, { id: "sign-out" }),
    ),
  );
}

setLanguage(language);
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", show);
onEnd((ended) => asking ?? ask({ ended }));
load().then(show, show); // what else than a missing key is wrong, the views tell
