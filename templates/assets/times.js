// Shows each <time data-local> in the reader's time zone. Without this file the text says the time in UTC.
(() => {
  "use strict";

  // The page's language, as it is written where the reader is.
  const language = document.documentElement.lang;
  const regional = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;
  const short = new Intl.DateTimeFormat(regional, { dateStyle: "medium", timeStyle: "short" });
  const day = new Intl.DateTimeFormat(regional, { dateStyle: "medium" });
  const long = new Intl.DateTimeFormat(regional, { dateStyle: "full", timeStyle: "long" });

  function localise() {
    for (const time of document.querySelectorAll("time[data-local]")) {
      const at = new Date(time.dateTime);
      // Text with data-local="title" says how long ago it was, so only its title has a zone.
      const kind = time.dataset.local;
      // The mark of the times that are still to do.
      delete time.dataset.local;
      if (Number.isNaN(at.valueOf())) continue;
      if (kind !== "title") time.textContent = (kind === "day" ? day : short).format(at);
      time.title = long.format(at);
    }
  }

  // As soon as the page is parsed, before scripts that are deferred. Then for everything that is added, such as by HTMX.
  document.addEventListener("readystatechange", () => {
    localise();
    new MutationObserver(localise).observe(document.body, { childList: true, subtree: true });
  }, { once: true });
})();
