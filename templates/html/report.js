// Filters, sorting, deep links and printing. Everything on the page can be read without this script: it only hides, reveals and
// orders what is already there, works on data- attributes, and never turns text into markup.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("ui-filter");
  if (!form) return;

  const search = byId("ui-search");
  const framework = byId("ui-framework");
  const statuses = [...form.querySelectorAll("input[name=status]")];
  const count = byId("ui-count");
  // Owner and identity stand above the clauses and above the register; both places always say the same.
  const owners = ["ui-owner", "ui-register-owner"].map(byId).filter(Boolean);
  const identities = ["ui-identity", "ui-register-identity"].map(byId).filter(Boolean);
  const register = byId("ui-register");
  const registerCount = byId("ui-register-count");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  // What is invisible is shown as an escape; a search finds it as it was written, as it is shown, and without it.
  const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\\u\{[0-9a-f]{1,6}\}/gu;
  const plain = (text) => text.normalize("NFKC").replace(/\s/g, " ").replace(hidden, "").toLowerCase();
  const wordsOf = (text) => plain(text).split(/\s+/).filter(Boolean);
  const textOf = (element) => [...element.querySelectorAll("[data-find]")].map((part) => part.textContent).join("\n");

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
      objectives: [...element.querySelectorAll("[data-objective]")].map((part) => part.dataset.objective),
      text: null,
      show: true,
    })),
  );
  const clauses = items.filter((item) => item.isClause);
  const clauseOf = new Map(clauses.map((clause) => [clause.element, clause]));
  const findings = [...document.querySelectorAll(".finding")].map((element) => ({ element, show: true }));
  const lives = [...document.querySelectorAll(".dossier")].map((element) => ({
    element,
    group: element.closest(".lives"),
    owner: element.dataset.owner,
    departs: element.dataset.departs.split(" "),
    text: null,
    show: true,
  }));
  const rows = [...document.querySelectorAll(".register tbody tr")].map((element) => ({
    element,
    owner: element.dataset.owner,
    name: element.dataset.name,
    text: null,
    show: true,
  }));
  const groups = new Map([...document.querySelectorAll(".lives")].map((element) => [element, []]));
  for (const life of lives) groups.get(life.group)?.push(life);

  // How high what is not laid out yet will be: else the page would jump when it comes near.
  const expect = (element, sizes) => Object.entries(sizes).forEach(([name, size]) => element.style.setProperty(`--${name}`, size));
  for (const element of document.querySelectorAll(".scroll")) {
    expect(element, { rows: element.querySelectorAll("tr").length, hundreds: Math.round(element.textContent.length / 100) });
  }
  for (const element of groups.keys()) expect(element, element.dataset);

  let pinned = null;
  // Findings, dossiers and rows that a link leads to although they are not asked for.
  let pinnedOthers = [];

  const whoText = (entry) => (entry.text ??= plain(`${textOf(entry.element)}\n${entry.name ?? ""}`));

  /** What a search may find behind an objective: its subjects, and who departs from it, with owners. Collected at the first search. */
  let behind = null;
  function collectText() {
    if (behind) return;
    const parts = new Map(findings.map(({ element }) => [element.id, [plain(textOf(element))]]));
    for (const life of lives) {
      const own = `${whoText(life)}\n${plain(life.owner)}`;
      for (const objective of new Set(life.departs)) parts.get(objective)?.push(own);
    }
    behind = new Map([...parts].map(([objective, texts]) => [objective, texts.join("\n")]));
    for (const clause of clauses) clause.text = plain(textOf(clause.element));
  }

  /** For each word whether a clause has it: in its own text, or behind an objective that it cites. */
  function finder(terms) {
    if (terms.length > 0) collectText();
    const objectives = terms.map((term) => new Set([...behind ?? []].filter(([, text]) => text.includes(term)).map(([objective]) => objective)));
    return (clause) => terms.every((term, at) => clause.text.includes(term) || clause.objectives.some((own) => objectives[at].has(own)));
  }

  /** Whose rows are asked for; nothing where everybody's are. */
  function whom() {
    const chosen = owners[0]?.selectedOptions[0];
    const terms = wordsOf(identities[0]?.value ?? "");
    if (!chosen || (chosen.value === "" && terms.length === 0)) return null;
    const owner = chosen.dataset.owner;
    return (entry) => (chosen.value === "" || entry.owner === owner) && terms.every((term) => whoText(entry).includes(term));
  }

  /** Shows who is asked for, and says which objectives they depart from; nothing where everybody is. */
  function applyWhom() {
    const isMeant = whom();
    for (const entry of [...lives, ...rows]) entry.show = !isMeant || isMeant(entry);
    const meant = isMeant ? lives.filter((life) => life.show) : [];
    const objectives = isMeant ? new Set(meant.flatMap((life) => life.departs)) : null;
    for (const finding of findings) finding.show = !objectives || objectives.has(finding.element.id);
    for (const entry of [...lives, ...rows, ...findings]) {
      if (entry.element.hidden === entry.show) entry.element.hidden = !entry.show;
    }
    for (const [element, members] of groups) {
      const shown = members.filter((life) => life.show).length;
      element.hidden = shown === 0;
      // Of a part of a group nobody could tell how high it is.
      element.classList.toggle("open", shown < members.length);
    }
    mark(new Set(meant.map((life) => `#${life.element.id}`)));
    asked = meant;
    if (registerCount) {
      const shown = (list) => String(list.filter((entry) => entry.show).length);
      const values = { rows: shown(rows), row_total: String(rows.length), lives: shown(lives), life_total: String(lives.length), all: registerCount.dataset.all };
      const text = fill(registerCount.dataset.count, values);
      if (registerCount.textContent !== text) registerCount.textContent = text;
    }
    return objectives;
  }

  /** Below each clause shown, who of those asked for departs from what it cites: its own table may show others only. */
  const SHOWN_MAX = 12;
  const ASKED_MAX = 500;
  let asked = [];
  let told = [];
  function tellAsked() {
    for (const element of told) element.remove();
    told = [];
    // A few of very many would name nobody in particular.
    if (asked.length === 0 || asked.length > ASKED_MAX) return;
    const by = new Map();
    for (const life of asked) {
      for (const objective of new Set(life.departs)) {
        if (!by.has(objective)) by.set(objective, []);
        by.get(objective).push(life);
      }
    }
    for (const clause of clauses) {
      if (clause.element.hidden) continue;
      const own = [...new Set(clause.objectives.flatMap((objective) => by.get(objective) ?? []))];
      if (own.length === 0) continue;
      const line = document.createElement("p");
      line.className = "asked";
      line.append(fill(count.dataset.asked, { count: String(own.length) }));
      for (const life of own.slice(0, SHOWN_MAX)) {
        const link = document.createElement("a");
        link.href = `#${life.element.id}`;
        link.textContent = life.element.querySelector("[data-find]").textContent;
        line.append(" ", link);
      }
      if (own.length > SHOWN_MAX) line.append(" …");
      clause.element.querySelector("dl").after(line);
      told.push(line);
    }
  }

  /** Marks those who are asked for where they stand among others. */
  let places = null;
  let marked = [];
  function mark(anchors) {
    for (const element of marked) element.classList.remove("meant");
    marked = [];
    if (anchors.size === 0) return;
    places ??= [...document.querySelectorAll(".deviations a[href^='#i-']")];
    marked = places.filter((link) => anchors.has(link.getAttribute("href"))).map((link) => link.closest("li, tr"));
    for (const element of marked) element.classList.add("meant");
  }

  function apply() {
    const wanted = new Set(statuses.filter((box) => box.checked).map((box) => box.value));
    const terms = wordsOf(search.value);
    const objectives = applyWhom();
    const isFiltered = terms.length > 0 || wanted.size > 0 || framework.value !== "" || objectives !== null;
    const isFound = finder(terms);

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
        (!objectives || item.objectives.some((own) => objectives.has(own))) &&
        isFound(item);
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
    tellAsked();
    tell(shown);
    for (const entry of pinnedOthers) show(entry);
  }

  /** Shows a finding or a dossier that is not asked for. */
  function show(element) {
    element.hidden = false;
    const group = element.closest(".lives");
    if (!group) return;
    group.hidden = false;
    group.classList.add("open");
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
    pinnedOthers = [];
    apply();
  }

  function reset() {
    form.reset();
    register?.reset();
    filter();
  }

  function targetOf(hash) {
    try {
      return hash.length > 1 ? byId(decodeURIComponent(hash.slice(1))) : null;
    } catch {
      return null;
    }
  }

  /** Makes the target of a link visible: a clause, a finding or a dossier outside the filter is shown as well, anything else ends the filter. */
  function reveal(target) {
    const clause = clauseOf.get(target.closest(".clause"));
    if (clause && clause.element.hidden) {
      pinned = clause;
      apply();
    } else if (target.closest(".finding[hidden], .dossier[hidden]")) {
      pinnedOthers.push(target.closest(".finding, .dossier"));
      show(pinnedOthers.at(-1));
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
      register?.reset();
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
  for (const [fields, event] of [[owners, "change"], [identities, "input"]]) {
    for (const field of fields) {
      field.addEventListener(event, () => {
        for (const other of fields) {
          if (other === field) continue;
          if ("selectedIndex" in field) other.selectedIndex = field.selectedIndex;
          else other.value = field.value;
        }
        filter();
      });
    }
  }
  for (const [own, button, first] of [[form, byId("ui-reset"), search], [register, byId("ui-register-reset"), identities[1]]]) {
    own?.addEventListener("submit", (event) => event.preventDefault());
    button?.addEventListener("click", () => {
      reset();
      first.focus();
    });
  }

  // Tables in which rows stand for themselves can be put in another order: by the words or numbers of a column.
  const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const titles = [...table.tHead.rows[0].cells];
    const keyOf = (row, column) => {
      const cell = row.cells[column];
      // What nobody stated is as good as empty.
      return cell?.dataset.sort ?? (cell?.querySelector(":scope > em.missing") ? "" : (cell?.textContent.trim() ?? ""));
    };
    let own = null;
    const sorted = (column, isUp) => {
      // What is empty stays at the end, whichever way the rest stands.
      const compare = (one, two) => Number(one === "") - Number(two === "") || (isUp ? order.compare(one, two) : order.compare(two, one));
      const keyed = own.map((row) => [keyOf(row, column), row]).sort(([one], [two]) => compare(one, two));
      return keyed.map(([, row]) => row);
    };
    titles.forEach((title, column) => {
      if (title.dataset.unsorted !== undefined) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...title.childNodes);
      title.append(button);
      button.addEventListener("click", () => {
        own ??= [...table.tBodies[0].rows];
        // Up, down, and back to the order in which the report has them.
        const way = { ascending: "descending", descending: "" }[title.getAttribute("aria-sort") ?? ""] ?? "ascending";
        for (const other of titles) other.removeAttribute("aria-sort");
        if (way) title.setAttribute("aria-sort", way);
        table.tBodies[0].append(...(way ? sorted(column, way === "ascending") : own));
      });
    });
  }
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

  // What is sticky must not lie over what the keyboard reaches: its height is the margin of all that scrolls below it.
  const margins = new CSSStyleSheet();
  document.adoptedStyleSheets = [margins];
  const height = (element) => (element ? Math.ceil(element.getBoundingClientRect().height) + 8 : 0);
  const measured = new ResizeObserver(() => {
    margins.replaceSync(`:root { --filter: ${height(form)}px; --register: ${height(register)}px; }`);
  });
  for (const own of [form, register]) if (own) measured.observe(own);

  form.hidden = false;
  if (register) register.hidden = false;
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
