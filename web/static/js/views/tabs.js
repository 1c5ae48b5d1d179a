// Panels of which one shows, chosen by tabs.

import { el, setText } from "../dom.js";

/** Makes tabs of `[[name, label, content], ...]`: `{node, choose(name), label(name, text)}`. */
export function tabs(id, label, entries) {
  const buttons = entries.map(([name, text]) =>
    el("button", {
      type: "button",
      role: "tab",
      id: `${id}-tab-${name}`,
      "aria-controls": `${id}-${name}`,
      text,
      data: { tab: name },
      on: { click: () => choose(name) },
    }),
  );
  const panels = entries.map(([name, , content]) =>
    el(
      "div",
      {
        class: "tab-panel",
        role: "tabpanel",
        id: `${id}-${name}`,
        "aria-labelledby": `${id}-tab-${name}`,
        tabindex: 0,
      },
      content,
    ),
  );
  const list = el("div", { class: "tab-list", role: "tablist", "aria-label": label }, buttons);

  function choose(name) {
    entries.forEach(([entry], index) => {
      const chosen = entry === name;
      buttons[index].setAttribute("aria-selected", String(chosen));
      buttons[index].tabIndex = chosen ? 0 : -1;
      panels[index].hidden = !chosen;
    });
  }

  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const now = buttons.indexOf(document.activeElement);
    const next = buttons[(now + step + buttons.length) % buttons.length];
    next.focus();
    choose(next.dataset.tab);
  });
  choose(entries[0][0]);
  return {
    node: el("div", { class: "tabs", id }, list, panels),
    choose,
    label: (name, text) =>
      setText(
        buttons.find((button) => button.dataset.tab === name),
        text,
      ),
  };
}
