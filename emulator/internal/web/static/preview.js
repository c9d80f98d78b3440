// Renders the preview of a Template while its state is edited. The server renders; this only posts the form and puts
// the result in the place of the old one. Without it the button does the same.
"use strict";
(() => {
  const form = document.querySelector("form.state");
  if (!form) return;
  let timer = 0, latest = 0;

  const swap = (page) => {
    for (const id of ["problem", "preview", "bindings", "state-label", "state-back"]) {
      const before = document.getElementById(id), after = page.getElementById(id);
      if (before && after && before.outerHTML !== after.outerHTML) before.replaceWith(document.adoptNode(after));
    }
  };

  const render = async () => {
    const number = ++latest;
    const response = await fetch(form.action, {
      method: "POST",
      headers: { "Segmentflow-Renewing": "1" },
      body: new URLSearchParams(new FormData(form)),
    });
    const text = await response.text();
    if (number !== latest) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    if (!page.getElementById("preview")) return; // the session has ended: the button says so
    swap(page);
    if (!response.redirected) return;
    history.replaceState(null, "", response.url);
    form.action = page.querySelector("form.state").getAttribute("action");
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { render().catch(() => {}); }, 250);
  });
})();
