// Keeps an open page true: a notice from the server, one fetch of this same address, and its live part is swapped.
(() => {
  "use strict";
  const PAUSE = 1200; // Milliseconds between two refreshes, however many notices come.
  const DRIFT = 60000; // Ages and due dates grow without any event.
  const news = document.getElementById("news");
  let timer = null;
  let last = 0;
  let busy = false;

  const live = () => document.getElementById("live");
  const keys = (root) => new Set([...root.querySelectorAll("tr[data-key]")].map((row) => row.dataset.key));

  function concerns(notice) {
    const about = live().dataset.live;
    if (about === "none") return false;
    if (notice.many || about === "all") return true;
    if (about.startsWith("subject:")) return notice.subjects.includes(about.slice(8));
    return notice.topics.some((topic) => topic.startsWith(about));
  }

  function schedule(wait) {
    if (timer === null) timer = setTimeout(refresh, Math.max(wait, PAUSE - (Date.now() - last)));
  }

  async function refresh() {
    timer = null;
    if (busy || (document.hidden && last)) return schedule(PAUSE);
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("live");
      if (fresh) swap(fresh);
    } catch {
      // The server is away; the event stream reconnects by itself and asks again.
    } finally {
      busy = false;
      last = Date.now();
    }
  }

  function swap(fresh) {
    const old = live();
    const typing = old.querySelector("form")?.contains(document.activeElement);
    if (typing) return schedule(PAUSE * 2);
    const before = keys(old);
    const open = new Map([...old.querySelectorAll("details[data-key]")].map((d) => [d.dataset.key, d.open]));
    const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
    const kind = document.activeElement?.tagName;
    for (const detail of fresh.querySelectorAll("details[data-key]")) {
      if (open.has(detail.dataset.key)) detail.open = open.get(detail.dataset.key);
    }
    let added = 0;
    for (const row of fresh.querySelectorAll("tr[data-key]")) {
      if (before.size && !before.has(row.dataset.key)) {
        row.classList.add("new");
        added += 1;
      }
    }
    old.replaceWith(document.adoptNode(fresh));
    mark(true);
    wire();
    if (focused && kind !== "BODY") {
      const again = [...live().querySelectorAll("[data-key]")].find((e) => e.dataset.key === focused);
      (again?.matches(kind) ? again : again?.querySelector(kind))?.focus({ preventScroll: true });
    }
    if (added) news.textContent = added === 1 ? "One new line." : added + " new lines.";
  }

  function mark(on) {
    document.getElementById("dot")?.classList.toggle("on", on);
  }

  function wire() {
    const filters = document.getElementById("filters");
    filters?.addEventListener("change", (event) => {
      if (event.target.tagName === "SELECT") filters.requestSubmit();
    });
    // A clean URL is worth sharing: fields that are not set stay out of it.
    filters?.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) {
        if (!value || (name === "sort" && value === "severity")) event.formData.delete(name);
      }
    });
  }

  wire();
  const source = new EventSource("/live");
  source.addEventListener("open", () => mark(true));
  source.addEventListener("error", () => mark(false));
  source.addEventListener("change", (event) => {
    if (concerns(JSON.parse(event.data))) schedule(150);
  });
  setInterval(() => schedule(0), DRIFT);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "")) {
      event.preventDefault();
      document.getElementById("q").focus();
    }
  });
})();
