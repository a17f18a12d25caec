// Filter, deep links and printing. Everything on the page can be read without this script: it only hides and reveals
// what is already there, works on data- attributes, and never turns text into markup.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("ui-filter");
  if (!form) return;

  const search = byId("ui-search");
  const framework = byId("ui-framework");
  const statuses = [...form.querySelectorAll("input[name=status]")];
  const count = byId("ui-count");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  const plain = (text) => text.normalize("NFKC").toLowerCase();

  // One entry for every section, heading and clause, in the order of the page.
  const sections = [...document.querySelectorAll(".framework")].map((element) => ({ element, show: true }));
  const items = sections.flatMap((section) =>
    [...section.element.querySelectorAll(".clause, .clause-heading")].map((element) => ({
      element,
      section,
      isClause: element.classList.contains("clause"),
      depth: Number(element.dataset.depth),
      framework: element.dataset.framework,
      status: element.dataset.status,
      text: null,
      show: true,
    })),
  );
  const clauses = items.filter((item) => item.isClause);
  const clauseOf = new Map(clauses.map((clause) => [clause.element, clause]));
  let pinned = null;

  const textOf = (element) => [...element.querySelectorAll("[data-find]")].map((part) => part.textContent).join("\n");

  /** Searchable text is collected at the first search: a clause's own, and the subjects of the objectives it cites. */
  function collectText() {
    if (clauses.every((clause) => clause.text !== null)) return;
    const subjects = new Map([...document.querySelectorAll(".finding")].map((finding) => [finding.id, plain(textOf(finding))]));
    for (const clause of clauses) {
      const cited = [...clause.element.querySelectorAll("[data-objective]")].map((part) => subjects.get(part.dataset.objective) || "");
      clause.text = [plain(textOf(clause.element)), ...cited].join("\n");
    }
  }

  function apply() {
    const wanted = new Set(statuses.filter((box) => box.checked).map((box) => box.value));
    const terms = plain(search.value).split(/\s+/).filter(Boolean);
    const isFiltered = terms.length > 0 || wanted.size > 0 || framework.value !== "";
    if (terms.length > 0) collectText();

    let shown = 0;
    let above = [];
    let section = null;
    for (const entry of sections) entry.show = !isFiltered;
    for (const item of items) {
      if (item.section !== section) {
        section = item.section;
        above = [];
      }
      while (above.length > 0 && above[above.length - 1].depth >= item.depth) above.pop();
      if (!item.isClause) {
        item.show = !isFiltered;
        above.push(item);
        continue;
      }
      const matches =
        (framework.value === "" || item.framework === framework.value) &&
        (wanted.size === 0 || wanted.has(item.status)) &&
        terms.every((term) => item.text.includes(term));
      item.show = matches || item === pinned;
      if (matches) shown += 1;
      if (item.show) {
        item.section.show = true;
        for (const heading of above) heading.show = true;
      }
      if (matches && item === pinned) pinned = null;
    }
    for (const entry of [...sections, ...items]) {
      if (entry.element.hidden === entry.show) entry.element.hidden = !entry.show;
    }
    tell(shown);
  }

  function tell(shown) {
    const parts = [fill(count.dataset.count, { shown: String(shown), total: String(clauses.length) })];
    if (shown === 0 && clauses.length > 0) parts.push(count.dataset.nothing);
    if (pinned) parts.push(fill(count.dataset.pinned, { label: pinned.element.dataset.label }));
    const text = parts.join(" ");
    if (count.textContent !== text) count.textContent = text;
  }

  function filter() {
    pinned = null;
    apply();
  }

  function reset() {
    form.reset();
    filter();
  }

  function targetOf(hash) {
    try {
      return hash.length > 1 ? byId(decodeURIComponent(hash.slice(1))) : null;
    } catch {
      return null;
    }
  }

  /** Makes the target of a link visible: a clause outside the filter is shown as well, anything else ends the filter. */
  function reveal(target) {
    const clause = clauseOf.get(target.closest(".clause"));
    if (clause && clause.element.hidden) {
      pinned = clause;
      apply();
    } else if (target.closest("[hidden]")) {
      reset();
    }
    for (let box = target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    if (clause && clause.element === target) for (const box of target.querySelectorAll("details")) box.open = true;
  }

  /** Scrolls to the target, below the filter where that stays on the screen; tells whether anything had to move. */
  function scrollTo(target) {
    const before = window.scrollY;
    target.scrollIntoView();
    if (getComputedStyle(form).position === "sticky" && form.parentElement.contains(target)) {
      const overlap = form.getBoundingClientRect().bottom - target.getBoundingClientRect().top;
      if (overlap > 0) window.scrollBy(0, -overlap - 8);
    }
    return Math.abs(window.scrollY - before) > 1;
  }

  /** What is off the screen gets its real height only when it comes near, so the place of the target is looked up again
      until it stays, or until the reader takes over. */
  let pursuit = 0;
  function bringIntoView(target) {
    const own = (pursuit += 1);
    let quiet = 0;
    let frames = 60;
    const step = () => {
      if (own !== pursuit) return;
      quiet = scrollTo(target) ? 0 : quiet + 1;
      frames -= 1;
      if (quiet < 5 && frames > 0) requestAnimationFrame(step);
    };
    step();
  }
  for (const name of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    window.addEventListener(name, () => (pursuit += 1), { passive: true, capture: true });
  }

  function follow() {
    const target = targetOf(location.hash);
    if (!target) return;
    reveal(target);
    bringIntoView(target);
    if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href^='#']") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.dataset.pickStatus !== undefined) {
      form.reset();
      framework.value = link.dataset.pickFramework;
      for (const box of statuses) box.checked = box.value === link.dataset.pickStatus;
      filter();
    }
    const target = targetOf(link.hash);
    if (!target) return;
    reveal(target);
    // The same address again fires no hashchange.
    if (link.hash === location.hash) follow();
  });
  window.addEventListener("hashchange", follow);

  const setDetails = (open) => {
    for (const clause of clauses) {
      if (!clause.element.hidden) for (const box of clause.element.querySelectorAll("details")) box.open = open;
    }
  };
  search.addEventListener("input", filter);
  framework.addEventListener("change", filter);
  for (const box of statuses) box.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("ui-reset").addEventListener("click", () => {
    reset();
    search.focus();
  });
  byId("ui-open").addEventListener("click", () => setDetails(true));
  byId("ui-close").addEventListener("click", () => setDetails(false));

  // Paper has nothing to click: print everything, and put the page back afterwards.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const box of closed) box.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const box of closed) box.open = false;
    closed = [];
  });

  form.hidden = false;
  apply();
  if (location.hash) follow();
  window.addEventListener("load", () => {
    const target = targetOf(location.hash);
    if (target) bringIntoView(target);
  });
  // A browser may put old values back into the form after this script ran.
  window.addEventListener("pageshow", () => {
    if (!pinned) apply();
  });
})();
