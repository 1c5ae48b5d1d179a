// The picture of a page and what is drawn over it. Boxes are points of the upright page, as the server gives them.

import { el, iconButton } from "../dom.js";
import { percent } from "../format.js";
import { t } from "../i18n.js";

const WIDTHS_PX = [480, 960, 1440, 1920]; // the widths that the server keeps drawn
const CSS_PX_PER_PT = 96 / 72;
const STEPS = [0.5, 0.75, 1, 1.5, 2, 3];
const WIDEST_FIT_PX = 1100;

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Makes the sheet: `{node, tools, show(page), boxes(kind, boxes), reveal(kind), outline(index)}`.
 * @param {object} handlers `imageAt(page number, width in px, rotation)`, `failed(address)`, `hover(block index or null)`, `choose(block index)`
 */
export function sheet(handlers, signal) {
  let page = null; // {number, width_pt, height_pt, rotation}
  let zoom = "fit";
  let asked = 0; // width of the picture
  let image = el("img", {});
  const layers = Object.fromEntries(
    ["block", "hit", "field"].map((kind) => [kind, el("svg:g", { class: `boxes boxes-${kind}` })]),
  );
  const overlay = el(
    "svg:svg",
    { id: "page-overlay", "aria-hidden": "true", preserveAspectRatio: "none" },
    Object.values(layers),
  );
  const paper = el("div", { class: "paper" }, image, overlay);
  const message = el("div", { class: "sheet-message" });
  const node = el(
    "div",
    { class: "sheet-pane", id: "sheet", tabindex: 0, role: "region", "aria-label": t("viewer.page") },
    message,
    paper,
  );

  const fitWidth = () =>
    Math.min(node.clientWidth - 2 * Number.parseFloat(getComputedStyle(node).paddingLeft), WIDEST_FIT_PX);
  const widthPx = () => (zoom === "fit" ? fitWidth() : page.width_pt * CSS_PX_PER_PT * zoom);

  function layout() {
    if (!page) return;
    const width = Math.max(widthPx(), 100);
    paper.style.width = `${width}px`;
    paper.style.aspectRatio = `${page.width_pt} / ${page.height_pt}`;
    const wanted = width * devicePixelRatio;
    const chosen = WIDTHS_PX.find((candidate) => candidate >= wanted - 1) ?? WIDTHS_PX.at(-1);
    if (chosen > asked) {
      asked = chosen;
      load();
    }
    zoomText.textContent = zoom === "fit" ? t("viewer.fit") : percent(zoom);
    zoomText.setAttribute("aria-pressed", String(zoom === "fit"));
  }

  /** Shows the picture at the width asked for; a larger one replaces a smaller one without a flash. */
  function load() {
    const { number, rotation } = page;
    const shown = () => page?.number === number && page.rotation === rotation && !signal.aborted;
    const address = handlers.imageAt(number, asked, rotation);
    const next = el("img", {
      id: "page-image",
      alt: t("viewer.imageOf", { n: number }),
      draggable: "false",
      data: { page: number },
    });
    next.addEventListener("load", () => {
      if (!shown()) return;
      paper.classList.add("drawn");
      if (next !== image) image.replaceWith(next);
      image = next;
    });
    next.addEventListener("error", () => shown() && handlers.failed(address));
    next.src = address;
  }

  const zoomText = el("button", {
    type: "button",
    class: "button small zoom-text",
    id: "zoom-fit",
    title: t("viewer.fitWidth"),
    text: t("viewer.fit"),
    "aria-pressed": "true",
    on: { click: () => setZoom("fit") },
  });

  function setZoom(value) {
    zoom = value;
    layout();
  }

  function step(direction) {
    if (!page) return;
    const now = zoom === "fit" ? fitWidth() / (page.width_pt * CSS_PX_PER_PT) : zoom;
    const next =
      direction > 0
        ? STEPS.find((candidate) => candidate > now + 0.01)
        : STEPS.findLast((candidate) => candidate < now - 0.01);
    if (next) setZoom(next);
  }

  overlay.addEventListener("pointerover", (event) => handlers.hover(indexOf(event.target)));
  overlay.addEventListener("pointerleave", () => handlers.hover(null));
  overlay.addEventListener(
    "click",
    (event) => indexOf(event.target) !== null && handlers.choose(indexOf(event.target)),
  );
  const observer = new ResizeObserver(layout);
  observer.observe(node);
  signal.addEventListener("abort", () => observer.disconnect());

  return {
    node,
    tools: el(
      "div",
      { class: "tool-group", role: "group", "aria-label": t("viewer.zoom") },
      iconButton("minus", t("viewer.smaller"), () => step(-1), { id: "zoom-out" }),
      zoomText,
      iconButton("plus", t("viewer.larger"), () => step(1), { id: "zoom-in" }),
      el("button", {
        type: "button",
        class: "button small",
        id: "zoom-100",
        text: "100%",
        on: { click: () => setZoom(1) },
      }),
    ),
    step,
    setZoom,
    /** Shows a page, or, without measures, only a message. */
    show(next, note = null) {
      const same = next && page?.number === next.number && page.rotation === next.rotation;
      page = next;
      message.replaceChildren(note ?? "");
      paper.hidden = !page;
      if (!page) return;
      overlay.setAttribute("viewBox", `0 0 ${page.width_pt} ${page.height_pt}`);
      if (!same) {
        asked = 0;
        paper.classList.remove("drawn");
        image.replaceWith((image = el("img", { alt: "" })));
        for (const layer of Object.values(layers)) layer.replaceChildren();
        node.scrollTo(0, 0);
      }
      layout();
    },
    note: (note) => message.replaceChildren(note),
    boxes(kind, boxes) {
      layers[kind].replaceChildren(
        ...boxes.map(([x0, y0, x1, y1], index) =>
          el("svg:rect", {
            x: x0,
            y: y0,
            width: Math.max(x1 - x0, 0),
            height: Math.max(y1 - y0, 0),
            rx: 1.5,
            "vector-effect": "non-scaling-stroke",
            data: { box: kind, index },
          }),
        ),
      );
    },
    /** Scrolls the first box of a kind into view. */
    reveal(kind, index = 0) {
      const rect = layers[kind].children[index];
      if (rect && !isInSight(rect, node))
        rect.scrollIntoView({ block: "center", inline: "center", behavior: calm.matches ? "auto" : "smooth" });
      return Boolean(rect);
    },
    outline(index) {
      for (const rect of layers.block.children) rect.classList.toggle("outlined", Number(rect.dataset.index) === index);
    },
  };
}

/** Whether all of a box can be seen without scrolling. */
function isInSight(rect, pane) {
  const box = rect.getBoundingClientRect();
  const frame = pane.getBoundingClientRect();
  return (
    box.top >= Math.max(frame.top, 0) &&
    box.bottom <= Math.min(frame.bottom, innerHeight) &&
    box.left >= frame.left &&
    box.right <= frame.right
  );
}

const indexOf = (target) => (target.dataset?.box === "block" ? Number(target.dataset.index) : null);
