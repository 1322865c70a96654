// Runs before the first paint, so that the theme does not flash. Every page works without this file.
(() => {
  "use strict";

  // Elements that need scripts stay hidden without them.
  const root = document.documentElement;
  root.classList.add("js");

  // The theme follows the system until the visitor chooses one.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = {
    get() {
      try { return localStorage.getItem("theme") ?? "system"; } catch { return "system"; }
    },
    set(theme) {
      try {
        if (theme === "system") localStorage.removeItem("theme");
        else localStorage.setItem("theme", theme);
      } catch { /* Storage is switched off. The choice lasts until the page is left. */ }
    },
  };

  function show(theme) {
    const dark = theme === "system" ? system.matches : theme === "dark";
    root.classList.toggle("dark", dark);
    root.classList.toggle("light", !dark);
    for (const color of document.querySelectorAll("meta[name=theme-color]")) {
      color.media = (color.dataset.scheme === "dark") === dark ? "all" : "not all";
    }
    for (const choice of document.querySelectorAll("[data-theme]")) {
      choice.setAttribute("aria-pressed", String(choice.dataset.theme === theme));
    }
  }
  const refresh = () => show(remembered.get());

  refresh();
  document.addEventListener("DOMContentLoaded", refresh);
  system.addEventListener("change", refresh);
  addEventListener("storage", refresh);

  document.addEventListener("click", (event) => {
    const choice = event.target.closest?.("[data-theme]");
    if (!choice) return;
    remembered.set(choice.dataset.theme);
    show(choice.dataset.theme);
  });
})();
