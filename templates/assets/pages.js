// The menu, the notice and the forms. Listeners are on the document, so that they also cover elements that HTMX swaps in.
// Every page works without this file.
(() => {
  "use strict";

  // Screen readers announce only changes, so the notice of the page is written again.
  addEventListener("load", () => {
    const notice = document.querySelector("[data-notice]");
    notice?.replaceChildren(notice.textContent);
  });

  // The menu closes with Escape, with a click elsewhere, or when the focus leaves it.
  function closeMenus(except) {
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      if (!menu.contains(except)) menu.open = false;
    }
  }
  document.addEventListener("focusin", (event) => closeMenus(event.target));
  document.addEventListener("click", (event) => closeMenus(event.target));
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
    if (ctx.hx?.redirect) return;
    if (ctx.sourceElement instanceof HTMLFormElement) end(ctx.sourceElement);
    // The request has said something newer.
    document.querySelector("[data-notice]")?.remove();
  });

  document.addEventListener("htmx:error", (event) => {
    event.detail.ctx?.sourceElement?.querySelector("[data-unreachable]")?.removeAttribute("hidden");
  });

  // The error of a field goes when the person corrects the field. After a refused sign-in either field may be the wrong one.
  function forgive(input) {
    const error = document.getElementById(`${input.id}-error`);
    const described = input.getAttribute("aria-describedby")?.split(" ") ?? [];
    input.setAttribute("aria-describedby", described.filter((id) => id !== error?.id).join(" "));
    error?.remove();
    const marked = error ? [input] : input.form.querySelectorAll("[aria-invalid]");
    for (const each of marked) {
      if (!document.getElementById(`${each.id}-error`)) each.removeAttribute("aria-invalid");
    }
  }

  // Typing also means that the user cancelled the submission.
  document.addEventListener("input", ({ target }) => {
    if (!target.form) return;
    end(target.form);
    if (target.hasAttribute("aria-invalid")) forgive(target);
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
    const button = event.target.closest?.("[data-show-password]");
    const input = document.getElementById(button?.dataset.showPassword ?? "");
    if (input && "shown" in input.dataset) {
      hide(input);
    } else if (input) {
      input.type = "text";
      input.dataset.shown = "";
      label(input, "Hide");
    }
  });
})();
