// Building the page. Data only ever becomes text nodes and attributes: uploads are hostile, so there is no innerHTML.

/**
 * Makes an element.
 * @param {string} tag its name; "svg:rect" makes an SVG element
 * @param {object} props attributes; besides, `on: {event: handler}`, `data: {name: value}` and `text`. Null and false are left out.
 * @param {...*} children nodes, strings, arrays of them; null and false are left out
 */
export function el(tag, props = {}, ...children) {
  const node = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A small picture; the words beside it, or the label of its button, say what it means. */
export const icon = (name) => el("span", { class: `icon icon-${name}`, "aria-hidden": "true" });

/** A button that shows only a picture. */
export function iconButton(name, label, onClick, props = {}) {
  return el(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, ...props, on: { click: onClick } },
    icon(name),
  );
}

/** Sets text only where it differs, so that unchanged rows cost nothing and selections survive. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** Puts `nodes` into `parent` in this order and removes all others, touching only what is out of place. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const node of nodes) {
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
}

/** A progress bar: `{node, set(share, label)}`; share 0..1. */
export function progressBar(label) {
  const fill = el("span", { class: "fill" });
  const node = el(
    "div",
    { class: "progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": label },
    fill,
  );
  return {
    node,
    set(share) {
      const percent = Math.floor(Math.min(Math.max(share, 0), 1) * 100);
      if (node.getAttribute("aria-valuenow") === String(percent)) return;
      node.setAttribute("aria-valuenow", percent);
      fill.style.transform = `scaleX(${percent / 100})`;
    },
  };
}

/** A row of choices of which one is taken. `choices`: [[value, label or node], ...] */
export function segmented(name, label, choices, chosen, onChange) {
  const node = el("fieldset", { class: "segmented", id: name }, el("legend", { class: "unseen", text: label }));
  for (const [value, content, title] of choices) {
    const input = el("input", { type: "radio", name, value, on: { change: () => onChange(value) } });
    input.checked = value === chosen;
    node.append(
      el(
        "label",
        { title },
        input,
        el("span", {}, content, title ? el("span", { class: "unseen", text: title }) : null),
      ),
    );
  }
  return node;
}

/** Calls `act` at most once a frame, however often it is asked. */
export function onFrame(act) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const run = () => {
      asked = false;
      act();
    };
    // A hidden tab draws no frames; its page stays up to date all the same.
    if (document.hidden) setTimeout(run, 250);
    else requestAnimationFrame(run);
  };
}
