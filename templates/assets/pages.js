// Runs before the first paint, so that the theme does not flash. Listeners are on the document, so that they also cover
// elements that HTMX swaps in. Every page works without this file.
(() => {
  "use strict";

  // Elements that need this script stay hidden without it.
  document.documentElement.classList.add("js");

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
    document.documentElement.classList.toggle("dark", dark);
    document.documentElement.classList.toggle("light", !dark);
    for (const choice of document.querySelectorAll("[data-theme]")) {
      choice.setAttribute("aria-pressed", String(choice.dataset.theme === theme));
    }
  }
  const refresh = () => show(remembered.get());

  refresh();
  document.addEventListener("DOMContentLoaded", refresh);
  system.addEventListener("change", refresh);
  addEventListener("storage", refresh);

  // Screen readers announce only changes, so the notice of the page is written again.
  addEventListener("load", () => {
    const notice = document.querySelector("[data-notice]");
    notice?.replaceChildren(notice.textContent);
  });

  // The menu closes with Escape, a click elsewhere, or when the focus leaves it.
  function closeMenus(except) {
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      if (!menu.contains(except)) menu.open = false;
    }
  }
  document.addEventListener("focusin", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // Forms: the submit button shows progress and ignores a second press.
  const PATIENCE = 15_000;

  function begin(form, button) {
    form.dataset.working = "";
    form.querySelector("[data-unreachable]")?.setAttribute("hidden", "");
    for (const input of form.querySelectorAll("input[data-shown]")) hide(input);
    button.dataset.label = button.textContent;
    button.textContent = button.dataset.busy;
    button.setAttribute("aria-busy", "true");
    button.setAttribute("aria-disabled", "true");
    status(form, button.dataset.busy);
    // Browsers send no event when a navigation is cancelled.
    setTimeout(() => end(form), PATIENCE);
  }

  function end(form) {
    if (!("working" in form.dataset)) return;
    delete form.dataset.working;
    const button = form.querySelector("button[data-busy]");
    button.textContent = button.dataset.label;
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
    status(form, "");
  }

  function status(form, text) {
    const status = form.querySelector("[data-status]");
    if (status) status.textContent = text;
  }

  // In the capture phase, so that a second press reaches neither the browser nor HTMX.
  addEventListener("submit", (event) => {
    const form = event.target;
    const button = form.querySelector("button[data-busy]");
    if ("working" in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (button) {
      begin(form, button);
    }
  }, { capture: true });

  document.addEventListener("htmx:finally:request", (event) => {
    const { ctx } = event.detail;
    // After a redirect the form stays busy until the next page is shown.
    if (ctx.sourceElement instanceof HTMLFormElement && !ctx.hx?.redirect) end(ctx.sourceElement);
  });

  document.addEventListener("htmx:error", (event) => {
    event.detail.ctx?.sourceElement?.querySelector("[data-unreachable]")?.removeAttribute("hidden");
  });

  // Typing means that the user cancelled the submission.
  document.addEventListener("input", (event) => {
    if (event.target.form) end(event.target.form);
  });

  // The back button can restore a page with a busy form.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-working]")) end(form);
  });

  // Passwords: hidden again before they are sent, so that browsers do not store them as text.
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
    closeMenus(event.target);
    const choice = event.target.closest("[data-theme]");
    if (choice) {
      remembered.set(choice.dataset.theme);
      show(choice.dataset.theme);
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
