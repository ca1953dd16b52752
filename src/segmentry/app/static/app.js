// Replaces what changes on a page. Every page works without it: forms then need their button, and links load pages.
"use strict";
(() => {
  let latest = 0;

  async function replace(address, keep) {
    const own = ++latest;
    const regions = [...document.querySelectorAll("[data-region]")];
    regions.forEach((region) => region.setAttribute("data-busy", ""));
    try {
      const answer = await fetch(address, { headers: { "X-Live": "1" } });
      if (own !== latest) return;
      if (answer.redirected && new URL(answer.url).pathname !== new URL(address, location.href).pathname) {
        location.assign(answer.url);
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (own !== latest) return;
      const same = regions.every((region) => page.getElementById(region.id));
      if (!same || regions.length === 0) {
        document.querySelector("main").innerHTML = page.querySelector("main").innerHTML;
      } else {
        for (const region of regions) {
          // Whoever is choosing from a list keeps it under the fingers.
          if (region.hasAttribute("data-controls") && region.contains(document.activeElement)) continue;
          const fresh = page.getElementById(region.id);
          if (region.innerHTML !== fresh.innerHTML) region.innerHTML = fresh.innerHTML;
          if (!fresh.hasAttribute("data-poll")) region.removeAttribute("data-poll");
        }
      }
      if (keep) history.replaceState(null, "", address);
      document.title = page.title;
    } catch (error) {
      if (own === latest) tell("The dashboard does not answer. Is it still running?");
    } finally {
      if (own === latest) regions.forEach((region) => region.removeAttribute("data-busy"));
      wait();
    }
  }

  function tell(words) {
    let place = document.getElementById("trouble-told");
    if (!place) {
      place = Object.assign(document.createElement("p"), { id: "trouble-told", className: "said" });
      place.setAttribute("role", "alert");
      document.querySelector("main").prepend(place);
    }
    place.textContent = words;
  }

  const addressOf = (form) => {
    const stated = [...new FormData(form)].filter(([, value]) => value !== "" || form.classList.contains("fields"));
    return `${form.getAttribute("action")}?${new URLSearchParams(stated)}`;
  };

  let timer;
  function soon(form, delay) {
    clearTimeout(timer);
    timer = setTimeout(() => replace(addressOf(form), true), delay);
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    const other = field.dataset.for && document.getElementById(field.dataset.for);
    if (other) other.value = field.value;
    const slider = field.id && document.querySelector(`[data-for="${field.id}"]`);
    if (slider && field.value !== "") slider.value = field.value;
    const form = field.closest("form[data-live]");
    if (form) soon(form, field.type === "radio" || field.tagName === "SELECT" ? 0 : 150);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("form[data-live]")) {
      event.preventDefault();
      soon(form, 0);
    } else if (form.method === "post") {
      // A second press while the first is under way would hand in twice.
      setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)), 0);
    }
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-live]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      replace(link.getAttribute("href"), true);
    }
  });

  for (const field of document.querySelectorAll("[data-drop]")) {
    const file = field.querySelector("input[type=file]");
    const over = (on) => (event) => { event.preventDefault(); field.classList.toggle("over", on); };
    field.addEventListener("dragover", over(true));
    field.addEventListener("dragleave", over(false));
    field.addEventListener("drop", (event) => {
      over(false)(event);
      if (event.dataTransfer.files.length) { file.files = event.dataTransfer.files; field.requestSubmit(); }
    });
  }

  let waiting;
  function wait() {
    const region = document.querySelector("[data-poll]");
    clearTimeout(waiting);
    if (region) waiting = setTimeout(() => replace(location.href, false), Number(region.dataset.poll));
  }
  // A page that the browser kept shows buttons as they were when it was left.
  addEventListener("pageshow", () => document.querySelectorAll("button:disabled").forEach((b) => (b.disabled = false)));
  // On a phone the pages are a row to swipe: the one that is open is in sight.
  document.querySelectorAll("nav [aria-current]").forEach((link) => {
    const row = link.closest("nav");
    row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
  });
  wait();
})();
