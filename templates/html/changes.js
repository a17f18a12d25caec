// The filter of a comparison. Everything on the page can be read without this script: it only hides and reveals rows that
// are already there, works on data- attributes, and never turns text into markup.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("ui-filter");
  if (!form) return;

  const search = byId("ui-search");
  const choices = { framework: byId("ui-framework"), change: byId("ui-change"), cause: byId("ui-cause") };
  const count = byId("ui-count");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  const plain = (text) => text.normalize("NFKC").toLowerCase();

  // One entry for every table whose rows have keys, and for each of these rows.
  const tables = [...document.querySelectorAll(".listing")]
    .map((element) => ({
      element,
      rows: [...element.querySelectorAll("tr[data-row]")].map((row) => ({
        element: row,
        isClause: row.dataset.framework !== "",
        framework: row.dataset.framework,
        change: row.dataset.change,
        causes: row.dataset.causes.split(" "),
        text: null,
      })),
    }))
    .filter((table) => table.rows.length > 0);

  /** Words are looked for in every row; the other choices concern clauses alone. */
  function matches(row, terms) {
    if (terms.length > 0 && row.text === null) row.text = plain(row.element.textContent);
    if (!terms.every((term) => row.text.includes(term))) return false;
    if (!row.isClause) return true;
    const { framework, change, cause } = choices;
    return (
      (framework.value === "" || row.framework === framework.value) &&
      (change.value === "" || row.change === change.value) &&
      (cause.value === "" || row.causes.includes(cause.value))
    );
  }

  function apply() {
    const terms = plain(search.value).split(/\s+/).filter(Boolean);
    const told = { shown: 0, total: 0, rows: 0, rows_total: 0 };
    for (const table of tables) {
      let shown = 0;
      for (const row of table.rows) {
        const isShown = matches(row, terms);
        if (row.element.hidden === isShown) row.element.hidden = !isShown;
        shown += Number(isShown);
        told[row.isClause ? "total" : "rows_total"] += 1;
        told[row.isClause ? "shown" : "rows"] += Number(isShown);
      }
      if (table.element.hidden === shown > 0) table.element.hidden = shown === 0;
    }
    const text = fill(count.dataset.count, told) + (told.shown + told.rows === 0 ? ` ${count.dataset.nothing}` : "");
    if (count.textContent !== text) count.textContent = text;
  }

  search.addEventListener("input", apply);
  for (const choice of Object.values(choices)) choice.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("ui-reset").addEventListener("click", () => {
    form.reset();
    apply();
    search.focus();
  });

  form.hidden = false;
  apply();
  // A browser may put old values back into the form after this script ran.
  window.addEventListener("pageshow", apply);
})();
