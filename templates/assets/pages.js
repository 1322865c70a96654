// Loaded before the page is painted, so that the theme is right from the first moment. Everything listens on the document,
// so that what HTMX swaps in works like what was there before. Every page works without this file.
(() => {
  "use strict";

  // Theme: the system's, unless the toggle said otherwise. A choice that agrees with the system is no choice to remember.
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = {
    get() {
      try { return localStorage.getItem("theme"); } catch { return null; }
    },
    set(theme) {
      try {
        if (theme === null) localStorage.removeItem("theme");
        else localStorage.setItem("theme", theme);
      } catch { /* Storage is switched off: the choice lasts as long as the page. */ }
    },
  };
  const systemTheme = () => (system.matches ? "dark" : "light");

  function show(theme) {
    const dark = theme === "dark";
    document.documentElement.classList.toggle("dark", dark);
    document.documentElement.classList.toggle("light", !dark);
    for (const toggle of document.querySelectorAll("[data-theme-toggle]")) {
      toggle.setAttribute("aria-pressed", String(dark));
    }
  }
  const refresh = () => show(remembered.get() ?? systemTheme());

  refresh();
  document.addEventListener("DOMContentLoaded", refresh);
  system.addEventListener("change", refresh);
  addEventListener("storage", refresh);

  // Forms: a button that shows that it is working, and that works once.
  function begin(form) {
    form.dataset.working = "";
    form.querySelector("[data-unreachable]")?.setAttribute("hidden", "");
    for (const input of form.querySelectorAll("input[data-shown]")) hide(input);
    for (const button of form.querySelectorAll("button[data-busy]")) {
      button.dataset.label = button.textContent;
      button.textContent = button.dataset.busy;
      button.setAttribute("aria-busy", "true");
      button.setAttribute("aria-disabled", "true");
    }
  }

  function end(form) {
    delete form.dataset.working;
    for (const button of form.querySelectorAll("button[data-busy][aria-busy]")) {
      button.textContent = button.dataset.label;
      button.removeAttribute("aria-busy");
      button.removeAttribute("aria-disabled");
    }
  }

  // Before anybody else hears of it: a second press reaches neither the browser nor HTMX.
  addEventListener("submit", (event) => {
    const form = event.target;
    if ("working" in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (form.querySelector("button[data-busy]")) {
      begin(form);
    }
  }, { capture: true });

  document.addEventListener("htmx:finally:request", (event) => {
    const { ctx } = event.detail;
    // On the way to another page the form stays busy.
    if (ctx.sourceElement instanceof HTMLFormElement && !ctx.hx?.redirect) end(ctx.sourceElement);
  });

  document.addEventListener("htmx:error", (event) => {
    event.detail.ctx?.sourceElement?.querySelector("[data-unreachable]")?.removeAttribute("hidden");
  });

  // A page that the back button brings back as it was left.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-working]")) end(form);
  });

  // Passwords: shown on request, and hidden again before they are sent, so that no browser remembers them as text.
  function label(input, verb) {
    const button = document.querySelector(`[data-show-password="${input.id}"] [data-verb]`);
    if (button) button.textContent = verb;
  }

  function hide(input) {
    input.type = "password";
    delete input.dataset.shown;
    label(input, "Show");
  }

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest("[data-theme-toggle]")) {
      const chosen = document.documentElement.classList.contains("dark") ? "light" : "dark";
      remembered.set(chosen === systemTheme() ? null : chosen);
      show(chosen);
    }
    const input = document.getElementById(event.target.closest("[data-show-password]")?.dataset.showPassword ?? "");
    if (input && "shown" in input.dataset) {
      hide(input);
    } else if (input) {
      input.type = "text";
      input.dataset.shown = "";
      label(input, "Hide");
    }
  });
})();
