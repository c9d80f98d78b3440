// Keeps a page up to date: after each change it fetches the page again and replaces the elements with data-live. It also
// lets relative times pass. Without this script a page shows what was true when it was opened.
"use strict";
(() => {
  const status = document.getElementById("live");
  const meta = (name) => document.querySelector(`meta[name="${name}"]`);
  if (!status || !meta("version")) return;

  let version = meta("version").content; // of the world, as the page shows it
  let source = null; // the stream of versions
  let fetching = false, again = false; // a fetch is under way; something changed since it began
  let held = false; // something was not replaced, because it is in use
  let at, read, runs; // the world's time when the page was read, the machine's time then, and whether time passes
  const shown = new Map(); // the print of each element with data-live as the server sent it, by id

  function setClock(now) {
    at = Date.parse(now.content);
    read = Date.now();
    runs = now.hasAttribute("data-runs");
  }

  const live = (page) => [...page.querySelectorAll("[data-live][id]")];
  // The HTML of an element without what passing time alone changes.
  function print(element) {
    const copy = element.cloneNode(true);
    for (const time of copy.querySelectorAll("[data-when], [data-left], [data-clock]")) {
      time.textContent = "";
      if (time.hasAttribute("data-clock")) ["datetime", "value"].forEach((name) => time.removeAttribute(name));
    }
    return copy.outerHTML;
  }
  const say = (text) => { if (status.textContent !== text) status.textContent = text; };

  // An element is in use while it has the focus, a selection or an edited field.
  function inUse(element) {
    const selection = document.getSelection();
    const edited = (field) => field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.tagName === "SELECT"
        ? [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0
        : field.type !== "hidden" && field.value !== field.defaultValue;
    return element.contains(document.activeElement) ||
      !selection.isCollapsed && selection.containsNode(element, true) ||
      [...element.querySelectorAll("input, select, textarea")].some(edited);
  }

  // What the user has opened stays open, and what they have scrolled stays where it is.
  function keep(before, after) {
    const own = (element, selector) =>
      [...(element.matches(selector) ? [element] : []), ...element.querySelectorAll(selector)];
    const name = (details) => details.id || details.querySelector("summary")?.textContent;
    const seen = own(before, "details");
    own(after, "details").forEach((details, i) => {
      const same = details.id || !seen[i] || name(seen[i]) !== name(details)
        ? seen.find((other) => name(other) === name(details))
        : seen[i];
      if (same) details.open = same.open;
    });
    const places = own(before, ".scroll, pre").map((element) => [element.scrollLeft, element.scrollTop]);
    return () => own(after, ".scroll, pre").forEach((element, i) => {
      if (places[i]) [element.scrollLeft, element.scrollTop] = places[i];
    });
  }

  function replace(page) {
    let replaced = false;
    held = false;
    const place = [scrollX, scrollY];
    for (const element of live(document)) {
      if (!element.isConnected) continue; // it was inside of one that was replaced
      const next = page.getElementById(element.id);
      if (next && print(next) === shown.get(element.id)) continue;
      if (inUse(element)) {
        held = true;
        continue;
      }
      replaced = true;
      if (!next) {
        element.remove();
        shown.delete(element.id);
        continue;
      }
      const after = document.importNode(next, true);
      [after, ...live(after)].forEach((part) => shown.set(part.id, print(part)));
      const scroll = keep(element, after);
      element.replaceWith(after);
      scroll();
    }
    if (scrollX !== place[0] || scrollY !== place[1]) scrollTo({ left: place[0], top: place[1], behavior: "instant" });
    return replaced;
  }

  async function renew() {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    try {
      do {
        again = false;
        const reply = await fetch(location.href, { headers: { "Segmentflow-Renewing": "1" }, cache: "no-store" });
        if (reply.status === 401) {
          stop();
          say("You are signed out: the emulator was started again. Open its new sign-in link.");
          return;
        }
        if (!reply.ok) return;
        const page = new DOMParser().parseFromString(await reply.text(), "text/html");
        const now = page.querySelector('meta[name="now"]'), next = page.querySelector('meta[name="version"]');
        if (!now || !next) return;
        version = next.content;
        setClock(now);
        if (replace(page)) say(`Updated ${new Date().toLocaleTimeString()}`);
        tick();
      } while (again);
    } catch {
      // The stream says that the connection is lost.
    } finally {
      fetching = false;
    }
  }

  function start() {
    if (source || document.hidden) return;
    let first = true;
    const opened = source = new EventSource("/dashboard/live");
    opened.onmessage = (event) => {
      const lost = status.hasAttribute("data-lost");
      if (lost) {
        status.removeAttribute("data-lost");
        say("Connected again.");
      }
      if (lost || !first || event.data !== version) renew();
      first = false;
    };
    opened.onerror = () => {
      if (source !== opened) return;
      status.setAttribute("data-lost", "");
      say("The connection to the emulator is lost. Trying again.");
      if (opened.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      stop();
      renew().then(() => { if (!status.textContent.startsWith("You are")) setTimeout(start, 3000); });
    };
  }

  function stop() {
    source?.close();
    source = null;
  }

  // A browser opens few connections to a server, so a page that nobody sees has none.
  document.addEventListener("visibilitychange", () => document.hidden ? stop() : start());
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => {
    if (event.persisted) start();
  });
  const released = () => { if (held) setTimeout(renew); };
  document.addEventListener("focusout", released);
  document.addEventListener("selectionchange", () => { if (document.getSelection().isCollapsed) released(); });

  // Times, as the server writes them.
  const units = [
    [31536000, "year", 86400, "day"], [86400, "day", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"],
  ];
  const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const unit = (n, name) => `${grouped(n)} ${name}${n !== 1 && (name === "day" || name === "year") ? "s" : ""}`;
  function span(seconds) {
    for (const [large, name, small, smallName] of units) {
      if (seconds < large) continue;
      const n = Math.floor(seconds / large), rest = Math.floor(seconds % large / small);
      return unit(n, name) + (rest > 0 && n < 10 ? " " + unit(rest, smallName) : "");
    }
    return unit(Math.floor(seconds), "s");
  }
  const clockText = (at) => new Date(at).toISOString().replace("T", " ").slice(0, 19) + " UTC";
  function tick() {
    const now = runs ? at + Date.now() - read : at;
    const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
    for (const element of document.querySelectorAll("time[data-when]")) {
      const ahead = (Date.parse(element.dateTime) - now) / 1000;
      write(element, Math.abs(ahead) < 1 ? "now" : ahead > 0 ? `in ${span(ahead)}` : `${span(-ahead)} ago`);
    }
    for (const element of document.querySelectorAll("time[data-left]")) {
      write(element, span(Math.max(0, Date.parse(element.dateTime) - now) / 1000));
    }
    for (const element of document.querySelectorAll("time[data-clock]")) write(element, clockText(now));
    for (const field of document.querySelectorAll("input[data-clock]")) {
      if (field !== document.activeElement) field.defaultValue = new Date(now).toISOString().slice(0, 19);
    }
  }

  live(document).forEach((element) => shown.set(element.id, print(element)));
  setClock(meta("now"));
  setInterval(() => { if (runs && !document.hidden) tick(); }, 1000);
  start();
})();
