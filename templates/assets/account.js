// Shows a field that is needed only if another one changes. Without this file it is always shown.
document.addEventListener("input", (event) => {
  "use strict";
  const needed = document.querySelector(`[data-needed-for="${CSS.escape(event.target.id)}"]`);
  needed?.toggleAttribute("data-needed", event.target.value.trim() !== needed.dataset.stored);
});
