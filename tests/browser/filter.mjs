// Opens a rendered report in a real browser and uses it the way a reader does.
//
//   node filter.mjs <path of index.html>
//
// Prints one line per assertion; exits with 1 when one of them fails, with 2 when the test could not run.
// The browser is the one named by CHROMIUM, or /usr/bin/chromium. Expected counts are computed here from the data-
// attributes of the page, not taken from its script. Checks with axe-core when that package is installed.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const file = process.argv[2];
if (!file) {
  console.error("usage: node filter.mjs <path of index.html>");
  process.exit(2);
}
const address = pathToFileURL(resolve(file)).href;
const axe = await import("axe-core").then((loaded) => loaded.default, () => null);

let failed = 0;
function check(name, holds, detail = "") {
  if (!holds) failed += 1;
  console.log(`${holds ? "ok  " : "FAIL"}  ${name}${detail === "" ? "" : `: ${detail}`}`);
}
function equal(name, actual, expected) {
  const [one, two] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(name, one === two, one === two ? one.slice(0, 120) : `${one} instead of ${two}`);
}
const skip = (name) => console.log(`skip  ${name}: nothing of the kind in this report`);

/** Everything that a page must not do. */
const offences = { console: [], policy: [], requests: [] };

async function open(browser, options = {}, anchor = "") {
  const context = await browser.newContext({ viewport: { width: 1366, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) offences.console.push(message.text());
  });
  page.on("pageerror", (error) => offences.console.push(error.message));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== address) offences.requests.push(request.url().slice(0, 200));
  });
  await page.exposeFunction("offend", (text) => offences.policy.push(text));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => window.offend(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(address + anchor);
  return page;
}

/** What is visible, and what the data- attributes say should be. Runs in the page. */
function census({ framework = "", statuses = [], words = [], owner = null, identity = "" } = {}) {
  const isVisible = (element) => element.checkVisibility();
  const plain = (text) => text.normalize("NFKC").replace(/\s/g, " ").toLowerCase();
  const find = (element) => [...element.querySelectorAll("[data-find]")].map((part) => part.textContent).join("\n");
  const lives = [...document.querySelectorAll(".dossier")];
  const departing = (objective) => lives.filter((life) => life.dataset.departs.split(" ").includes(objective));
  const objectivesOf = (clause) => [...clause.querySelectorAll("[data-objective]")].map((part) => part.dataset.objective);
  const textOf = (clause) => {
    const cited = objectivesOf(clause).map((id) => document.getElementById(id)).filter(Boolean);
    const who = objectivesOf(clause).flatMap(departing).flatMap((life) => [find(life), life.dataset.owner]);
    return plain([...[clause, ...cited].map(find), ...who].join("\n"));
  };
  const isMeant = (element) =>
    (owner === null || element.dataset.owner === owner) && plain(identity).split(/\s+/).every((word) => plain(`${find(element)}\n${element.dataset.name ?? ""}`).includes(word));
  const isWhom = owner !== null || identity !== "";
  const clauses = [...document.querySelectorAll(".clause[data-status]")];
  const expected = clauses.filter(
    (clause) =>
      (framework === "" || clause.dataset.framework === framework) &&
      (statuses.length === 0 || statuses.includes(clause.dataset.status)) &&
      (words.length === 0 || words.every((word) => textOf(clause).includes(plain(word)))) &&
      (!isWhom || objectivesOf(clause).some((objective) => departing(objective).some(isMeant))),
  );
  const rows = [...document.querySelectorAll(".register tbody tr")];
  const findings = [...document.querySelectorAll(".finding")];
  const lists = { rows, lives, findings };
  const own = { rows: rows.filter(isMeant), lives: lives.filter(isMeant), findings: findings.filter((finding) => departing(finding.id).some(isMeant)) };
  const registerCount = document.getElementById("ui-register-count");
  const count = document.getElementById("ui-count");
  const order = [...document.querySelectorAll(".clause, .clause-heading")].filter(isVisible);
  const emptyHeadings = order.filter((element, index) => {
    const next = order[index + 1];
    const isHeading = element.classList.contains("clause-heading");
    return isHeading && (!next || Number(next.dataset.depth) <= Number(element.dataset.depth) || next.closest(".framework") !== element.closest(".framework"));
  });
  return {
    shown: clauses.filter(isVisible).map((clause) => clause.id),
    expected: expected.map((clause) => clause.id),
    said: count.textContent,
    shouldSay: count.dataset.count.replace("{shown}", expected.length).replace("{total}", clauses.length),
    emptyHeadings: emptyHeadings.length,
    strangers: Object.keys(lists).filter((list) => lists[list].some((element) => isVisible(element) !== (!isWhom || own[list].includes(element)))),
    meant: Object.fromEntries(Object.entries(own).map(([list, elements]) => [list, elements.length])),
    registerSaid: registerCount?.textContent ?? "",
    registerShouldSay: (registerCount?.dataset.count ?? "")
      .replace("{rows}", isWhom ? own.rows.length : rows.length)
      .replace("{row_total}", rows.length)
      .replace("{lives}", isWhom ? own.lives.length : lives.length)
      .replace("{life_total}", lives.length)
      .replace("{all}", registerCount?.dataset.all),
    untold: clauses.filter(isVisible).filter((clause) => {
      const who = lives.filter((life) => isMeant(life) && objectivesOf(clause).some((objective) => life.dataset.departs.split(" ").includes(objective)));
      const links = [...clause.querySelectorAll(".asked a")].map((link) => link.hash.slice(1));
      return isWhom ? links.length === 0 || !links.every((id) => who.some((life) => life.id === id)) : links.length > 0;
    }).length,
  };
}

async function compare(page, name, conditions) {
  const seen = await page.evaluate(census, conditions);
  const same = JSON.stringify(seen.shown) === JSON.stringify(seen.expected);
  check(`${name}: visible clauses`, same, `${seen.shown.length} visible, ${seen.expected.length} expected`);
  check(`${name}: count in words`, seen.said.startsWith(seen.shouldSay), seen.said);
  equal(`${name}: findings, register and dossiers of whom it is about`, [seen.strangers, seen.registerSaid, seen.untold], [[], seen.registerShouldSay, 0]);
  return seen;
}

/** Whether the top of an element is on the screen, and nothing lies over it. */
const isInView = (page, id) =>
  page.evaluate((wanted) => {
    const element = document.getElementById(wanted);
    const box = element?.getBoundingClientRect();
    return Boolean(box && box.height > 0 && element.contains(document.elementFromPoint(box.left + 8, box.top + 3)));
  }, id);
/** Layout of what was off the screen may take a few frames to settle. */
async function settle(page) {
  await page.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 200)));
}

async function checkMarkup(page) {
  const seen = await page.evaluate(() => {
    const all = [...document.querySelectorAll("*")];
    const ids = all.map((element) => element.id).filter(Boolean);
    return {
      policy: document.querySelector("head > meta")?.getAttribute("content") ?? "",
      styles: document.querySelectorAll("style").length,
      scripts: document.querySelectorAll("script").length,
      // The script says sizes in custom properties, which the sheet may use.
      inline: all.filter((element) => [...element.style].some((name) => !name.startsWith("--")) || [...element.attributes].some(({ name }) => name.startsWith("on"))).length,
      loaders: document.querySelectorAll("img, iframe, object, embed, video, audio, base, form[action], link:not([href='data:,'])").length,
      schemes: [...new Set([...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href").split(/(?<=^#|:)/)[0]))].sort(),
      duplicates: ids.filter((id, index) => ids.indexOf(id) !== index).slice(0, 5),
      dangling: [...document.querySelectorAll("a[href^='#']")].map((link) => link.hash.slice(1)).filter((id) => !document.getElementById(id)).slice(0, 5),
      language: document.documentElement.lang,
      wordless: [...document.querySelectorAll(".badge")].filter((badge) => badge.textContent.trim() === "").length,
      glyphless: [...document.querySelectorAll(".badge:not(.state)")].filter((badge) => !document.querySelector(badge.querySelector("use")?.getAttribute("href") ?? "none")).length,
      titles: document.querySelectorAll("h1").length,
    };
  });
  check("policy is the first thing in the head", seen.policy.startsWith("default-src 'none';"), seen.policy.slice(0, 60));
  equal("one style sheet and one script", [seen.styles, seen.scripts], [1, 1]);
  equal("no inline styles or handlers", seen.inline, 0);
  equal("nothing that loads anything", seen.loaders, 0);
  check("links lead into the page, to the web or to mail", seen.schemes.every((scheme) => ["#", "https:", "http:", "mailto:"].includes(scheme)), seen.schemes.join(" "));
  equal("no anchor twice", seen.duplicates, []);
  equal("no link into the void", seen.dangling, []);
  check("the page names its language", seen.language !== "", seen.language);
  equal("every status has a word and a glyph", [seen.wordless, seen.glyphless], [0, 0]);
  equal("one title", seen.titles, 1);
}

async function checkFilter(page) {
  const all = await compare(page, "at first", {});
  equal("at first: no heading without clauses", all.emptyHeadings, 0);
  const frameworks = await page.$$eval("#ui-framework option", (options) => options.map((option) => option.value).filter(Boolean));
  const statuses = await page.$$eval("#ui-filter input[name=status]", (boxes) => boxes.map((box) => box.value));
  equal("five statuses to choose from", statuses.length, 5);
  for (const framework of frameworks) {
    await page.selectOption("#ui-framework", framework);
    const seen = await compare(page, framework, { framework });
    equal(`${framework}: no heading without clauses`, seen.emptyHeadings, 0);
  }
  await page.selectOption("#ui-framework", "");
  for (const status of statuses) {
    await page.check(`#ui-filter input[value="${status}"]`);
    const seen = await compare(page, status, { statuses: [status] });
    equal(`${status}: no heading without clauses`, seen.emptyHeadings, 0);
    await page.uncheck(`#ui-filter input[value="${status}"]`);
  }
  for (const framework of frameworks) {
    await page.selectOption("#ui-framework", framework);
    for (const status of statuses.slice(0, 2)) await page.check(`#ui-filter input[value="${status}"]`);
    await compare(page, `${framework} with two statuses`, { framework, statuses: statuses.slice(0, 2) });
    await page.click("#ui-reset");
  }
  await page.click("#ui-reset");
  await compare(page, "after reset", {});
  equal("after reset: focus in the search field", await page.evaluate(() => document.activeElement.id), "ui-search");

  const samples = await page.evaluate(() => {
    const text = (selector) => document.querySelector(selector)?.textContent.trim() ?? "";
    const own = [...document.querySelectorAll(".clause [data-find]")].map((part) => part.textContent).join("\n");
    const middle = [...document.querySelectorAll(".clause[data-status]")];
    return {
      id: middle[Math.floor(middle.length / 2)]?.querySelector(".self [data-find]").textContent ?? "",
      label: text(".clause h3 bdi[data-find], .clause h4 bdi[data-find], .clause h5 bdi[data-find]"),
      objective: text(".clause [data-objective] [data-find]"),
      subject: text(".clause .subject [data-find]"),
      "subject listed with its objective only": [...document.querySelectorAll(".finding .subject [data-find]")]
        .map((part) => part.textContent.trim())
        .find((subject) => !own.includes(subject)) ?? "",
    };
  });
  for (const [what, value] of Object.entries(samples)) {
    if (value === "") {
      skip(`search for ${what}`);
      continue;
    }
    await page.fill("#ui-search", value.toUpperCase());
    const seen = await compare(page, `search for ${what}`, { words: value.split(/\s+/) });
    check(`search for ${what}: finds something`, seen.shown.length > 0, value.slice(0, 80));
  }
  await page.fill("#ui-search", "no clause says zqxjkv");
  const none = await compare(page, "search for nonsense", { words: ["zqxjkv"] });
  equal("search for nonsense: nothing left", [none.shown.length, none.emptyHeadings], [0, 0]);
  for (let at = 0; at < 8 && (await page.evaluate(() => document.activeElement.id)) !== "ui-reset"; at += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await compare(page, "reset by keyboard", {});

  const pick = page.locator("a[data-pick-status]").first();
  if ((await pick.count()) === 0) return skip("choose a number in the overview");
  const chosen = await pick.evaluate((link) => ({ framework: link.dataset.pickFramework, statuses: [link.dataset.pickStatus], count: Number(link.textContent) }));
  await pick.click();
  const picked = await compare(page, "a number in the overview", chosen);
  equal("a number in the overview: agrees with the page", picked.shown.length, chosen.count);
  await page.click("#ui-reset");
}

/** Above the clauses and above the register: whose clauses, findings, rows and dossiers are shown. */
async function checkWhom(page) {
  const life = await page.evaluate(() => {
    const lives = [...document.querySelectorAll(".dossier")];
    const own = lives.find((one) => one.dataset.owner !== "") ?? lives[0];
    if (!own) return null;
    const [name, id] = [...own.querySelectorAll("[data-find]")].map((part) => part.textContent);
    return { name, id, owner: own.dataset.owner, anchor: own.id };
  });
  if (!life) return skip("owner and identity");
  const stated = await page.$$eval("#ui-owner option", (options) => options.map((one) => [one.value, one.textContent, one.dataset.owner]));
  const rows = await page.$$eval(".register tbody tr", (all) => all.map((row) => row.dataset.owner));
  equal("every owner of the register can be chosen", stated.slice(1).map(([, , owner]) => owner).sort(), [...new Set(rows)].sort());
  for (const [value, label, owner] of stated.slice(1)) {
    await page.selectOption("#ui-owner", value);
    const seen = await compare(page, `owner ${label}`, { owner });
    equal(`owner ${label}: as many as the list says`, seen.meant.rows, Number(label.match(/\((\d+)\)$/)[1]));
    equal(`owner ${label}: the register says the same`, await page.inputValue("#ui-register-owner"), value);
    equal(`owner ${label}: no heading without clauses`, seen.emptyHeadings, 0);
  }
  await page.click("#ui-reset");
  await page.fill("#ui-identity", life.id.toUpperCase());
  const alone = await compare(page, "identity by id", { identity: life.id });
  check("identity by id: a dossier, a finding and a clause are left", alone.meant.lives > 0 && alone.meant.findings > 0 && alone.shown.length > 0, life.id);
  const marked = await page.$$eval(".deviations .meant", (places) => places.map((place) => [...place.querySelectorAll("a")].map((link) => link.hash.slice(1))));
  check("identity by id: marked among others", marked.length > 0 && marked.every((links) => links.includes(life.anchor)), `${marked.length} places`);
  await page.selectOption("#ui-owner", { index: stated.length - 1 });
  await page.click("#ui-register-reset");
  await compare(page, "identity, reset at the register", {});
  equal("reset at the register: focus in its field", await page.evaluate(() => document.activeElement.id), "ui-register-identity");
  await page.fill("#ui-register-identity", life.name);
  await compare(page, "identity by name, at the register", { identity: life.name });
  if (life.owner !== "") {
    await page.selectOption("#ui-register-owner", stated.find(([, , owner]) => owner === life.owner)[0]);
    await compare(page, "owner and identity together", { owner: life.owner, identity: life.name });
    await page.click("#ui-reset");
    await page.fill("#ui-search", life.owner);
    const found = await compare(page, "search for an owner", { words: life.owner.split(/\s+/) });
    check("search for an owner: finds something", found.shown.length > 0, life.owner);
  }
  await page.click("#ui-reset");
  await compare(page, "after owner and identity", {});

  // A link to somebody who is not asked for shows that one as well, and keeps what was asked.
  await page.fill("#ui-identity", life.id);
  const other = await page.evaluate(() => {
    const hidden = document.querySelector(".dossier[hidden]");
    const links = hidden ? [...document.querySelectorAll(`a[href="#${hidden.id}"]`)] : [];
    const link = links.find((one) => one.checkVisibility()) ?? [...document.querySelectorAll(".dossier[hidden]")].flatMap((one) => [...document.querySelectorAll(`.clause a[href="#${one.id}"]`)]).find((one) => !one.closest("[hidden]"));
    if (!link) return null;
    for (let box = link.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    link.click();
    return link.hash.slice(1);
  });
  if (other) {
    await settle(page);
    check("a link to another dossier: it is shown", await page.isVisible(`[id="${other}"]`), other);
    equal("a link to another dossier: the filter stays", await page.inputValue("#ui-identity"), life.id);
  } else skip("a link to another dossier");
  await page.click("#ui-reset");
}

/** Every table that can be put in order, by every column, both ways and back; nothing is lost. */
async function checkSorting(page) {
  const tables = await page.locator("table[data-sortable]").count();
  if (tables === 0) return skip("sorting");
  const read = (at, column) =>
    page.evaluate(([at, column]) => {
      const table = document.querySelectorAll("table[data-sortable]")[at];
      const title = table.tHead.rows[0].cells[column];
      const words = (cell) => cell.dataset.sort ?? (cell.querySelector(":scope > em.missing") ? "" : cell.textContent.trim());
      const cells = [...table.tBodies[0].rows].map((row) => words(row.cells[column]));
      const order = new Intl.Collator("en", { numeric: true });
      const sorted = [...cells].filter(Boolean).sort(order.compare);
      const filled = cells.filter(Boolean);
      return {
        rows: [...table.tBodies[0].rows].map((row) => row.textContent).join("\n"),
        whole: [...table.tBodies[0].rows].map((row) => row.textContent).sort().join("\n"),
        state: title.getAttribute("aria-sort"),
        others: table.querySelectorAll("[aria-sort]").length,
        up: filled.every((cell, place) => order.compare(cell, sorted[place]) === 0),
        down: filled.every((cell, place) => order.compare(cell, sorted[sorted.length - 1 - place]) === 0),
        emptyLast: cells.slice(filled.length).every((cell) => cell === ""),
      };
    }, [at, column]);
  let columns = 0;
  const wrong = [];
  for (let at = 0; at < tables; at += 1) {
    const titles = page.locator("table[data-sortable]").nth(at).locator("thead th");
    for (let column = 0; column < (await titles.count()); column += 1) {
      const button = titles.nth(column).locator("button");
      if ((await button.count()) === 0) continue;
      columns += 1;
      const before = await read(at, column);
      await button.focus();
      await page.keyboard.press("Enter");
      const up = await read(at, column);
      await page.keyboard.press("Space");
      const down = await read(at, column);
      await page.keyboard.press("Enter");
      const back = await read(at, column);
      if (back.rows !== before.rows || back.others !== 0) wrong.push([at, column, "back"]);
      const holds = up.state === "ascending" && up.up && up.emptyLast && down.state === "descending" && down.down && down.emptyLast;
      if (!holds || up.others !== 1 || down.others !== 1 || up.whole !== before.whole || down.whole !== before.whole) wrong.push([at, column]);
    }
  }
  equal(`sorting by the keyboard: ${columns} columns of ${tables} tables, both ways and back, no row lost`, wrong, []);
}

async function checkLinks(browser, page) {
  const link = page.locator(".clause dd a[href^='#']").first();
  if ((await link.count()) === 0) return skip("clause to exhibit and back");
  const [exhibit, clause] = await link.evaluate((element) => [element.hash.slice(1), element.closest(".clause").id]);
  await link.click();
  await settle(page);
  check("clause to exhibit: the exhibit is in view", await isInView(page, exhibit), exhibit);
  equal("clause to exhibit: it is one", await page.evaluate((id) => document.getElementById(id).className, exhibit), "exhibit");

  await page.fill("#ui-search", "zqxjkv");
  equal("filtered out: the clause is hidden", await page.isVisible(`[id="${clause}"]`), false);
  const box = page.locator(`[id="${exhibit}"] details`).last();
  await box.locator("summary").click();
  await box.locator(`a[href="#${clause}"]`).click();
  await settle(page);
  check("exhibit to clause: shown although filtered out, and in view", await isInView(page, clause), clause);
  const said = await page.textContent("#ui-count");
  const label = await page.getAttribute(`[id="${clause}"]`, "data-label");
  check("exhibit to clause: the page says why it is shown", said.includes(label), said);
  equal("exhibit to clause: only that clause", await page.locator(".clause:visible").count(), 1);
  await page.goBack();
  await settle(page);
  check("back: the exhibit is in view again", await isInView(page, exhibit), exhibit);
  await page.click("#ui-reset");
  await compare(page, "after the links", {});

  for (const kind of ["clause", "finding", "exhibit", "dossier", "clause-heading", "framework"]) {
    const id = await page.evaluate((name) => [...document.querySelectorAll(`.${name}`)].at(-1)?.id, kind);
    if (!id) {
      skip(`deep link (${kind})`);
      continue;
    }
    const fresh = await open(browser, {}, `#${id}`);
    await settle(fresh);
    check(`deep link (${kind}): in view`, await isInView(fresh, id), id);
    await fresh.context().close();
  }
}

async function checkPaperAndNoScript(browser, page) {
  await page.fill("#ui-search", "zqxjkv");
  if (await page.locator("#ui-identity").count()) await page.fill("#ui-identity", "zqxjkv");
  await page.emulateMedia({ media: "print" });
  const paper = await page.evaluate(() => {
    const isVisible = (element) => element.checkVisibility();
    const count = (selector) => [...document.querySelectorAll(selector)].filter((element) => !isVisible(element)).length;
    return {
      clauses: count(".clause"),
      rows: count("details tr, details li"),
      others: count(".finding, .dossier, .register tr"),
      filters: [...document.querySelectorAll(".filter")].filter(isVisible).length,
    };
  });
  equal("on paper: all clauses, findings and identities, everything open, no filter", paper, { clauses: 0, rows: 0, others: 0, filters: 0 });
  await page.emulateMedia({ media: "screen" });
  await page.click("#ui-reset");

  const bare = await open(browser, { javaScriptEnabled: false });
  const total = await bare.locator(".clause").count();
  equal("without script: all clauses, no filter", [await bare.locator(".clause:visible").count(), await bare.isVisible("#ui-filter")], [total, false]);
  await bare.context().close();
}

async function checkPhone(browser) {
  const page = await open(browser, { viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  await page.evaluate(() => document.querySelectorAll("details").forEach((box) => (box.open = true)));
  equal("on a phone: nothing wider than the screen", await page.evaluate(() => document.documentElement.scrollWidth), 360);
  return page;
}

async function checkAxe(page, name) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((box) => (box.open = true)));
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map((violation) => `${violation.id} (${violation.nodes.length}): ${violation.nodes[0].html.slice(0, 160)}`);
  });
  equal(`axe, ${name}: no violations`, violations, []);
}

let browser;
try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const page = await open(browser);
  page.setDefaultTimeout(20_000);
  await checkMarkup(page);
  await checkFilter(page);
  await checkWhom(page);
  await checkSorting(page);
  await checkLinks(browser, page);
  await checkPaperAndNoScript(browser, page);
  const phone = await checkPhone(browser);
  if (axe) {
    await checkAxe(page, "desktop, light");
    await checkAxe(phone, "phone, dark");
  } else {
    console.log("skip  axe: the package axe-core is not installed");
  }
  equal("no errors or warnings on the console", offences.console, []);
  equal("no violation of the policy", offences.policy, []);
  equal("no request but for the page itself", offences.requests, []);
} catch (error) {
  console.error(`could not run: ${error.stack ?? error}`);
  process.exitCode = 2;
} finally {
  await browser?.close();
}
if (failed > 0) {
  console.log(`${failed} failed`);
  process.exitCode = 1;
}
