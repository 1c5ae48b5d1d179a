// Runs before anything is drawn, so that a dark page never flashes white. Not a module for that reason.
"use strict";

(() => {
  const key = "pagemill.theme";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let choice = "auto";
  try {
    choice = localStorage.getItem(key) ?? "auto";
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }

  const apply = () => {
    const shown = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    document.documentElement.dataset.theme = shown;
  };
  dark.addEventListener("change", apply);
  apply();

  window.pagemillTheme = {
    get choice() {
      return choice;
    },
    set choice(value) {
      choice = value;
      apply();
      try {
        localStorage.setItem(key, value);
      } catch {
        // As above.
      }
    },
  };
})();
