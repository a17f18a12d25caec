// Opens a rendered comparison in a real browser and filters it the way a reader does.
//
//   node changes.mjs <path of the page of `tickmark diff --format html`>
//
// Prints one line per assertion; exits with 1 when one of them fails, with 2 when the test could not run.
// The browser is the one named by CHROMIUM, or /usr/bin/chromium. Expected rows are found here from the data- attributes
// of the page, not taken from its script. Checks with axe-core when that package is installed.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const file = process.argv[2];
if (!file) {
  console.error("usage: node changes.mjs <path of the page>");
  process.exit(2);
}
const address = pathToFileURL(resolve(file)).href;
const axe = await import("axe-core").then((loaded) => loaded.default, () => null);

let failed = 0;
function equal(name, actual, expected) {
  const [one, two] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== two) failed += 1;
  console.log(`${one === two ? "ok  " : "FAIL"}  ${name}: ${one === two ? one.slice(0, 120) : `${one} instead of ${two}`}`);
}

/** Everything that a page must not do. */
const offences = { console: [], policy: [], requests: [] };

async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
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
  await page.goto(address);
  return page;
}

/** Rows that are visible, rows that should be, and tables without a visible row. Runs in the page. */
function census({ framework = "", change = "", cause = "", words = [] } = {}) {
  const rows = [...document.querySelectorAll("tr[data-row]")];
  const isWanted = ({ dataset, textContent }) =>
    words.every((word) => textContent.normalize("NFKC").toLowerCase().includes(word.toLowerCase())) &&
    (dataset.framework === "" ||
      ((framework === "" || dataset.framework === framework) &&
        (change === "" || dataset.change === change) &&
        (cause === "" || dataset.causes.split(" ").includes(cause))));
  const places = (list) => list.map((row) => rows.indexOf(row));
  const wanted = rows.filter(isWanted);
  const clauses = (list) => list.filter((row) => row.dataset.framework !== "").length;
  const visible = rows.filter((row) => row.checkVisibility());
  const count = document.getElementById("ui-count");
  const values = { shown: clauses(wanted), total: clauses(rows), rows: wanted.length - clauses(wanted), rows_total: rows.length - clauses(rows) };
  return {
    shown: places(visible),
    expected: places(wanted),
    said: count.textContent,
    shouldSay: count.dataset.count.replace(/\{(\w+)\}/g, (_, name) => values[name]) + (wanted.length === 0 ? ` ${count.dataset.nothing}` : ""),
    emptyTables: [...document.querySelectorAll(".listing")].filter((own) => own.checkVisibility() && own.querySelector("tr[data-row]") && ![...own.querySelectorAll("tr[data-row]")].some((row) => row.checkVisibility())).length,
  };
}

async function compare(page, name, conditions) {
  const seen = await page.evaluate(census, conditions);
  equal(`${name}: visible rows`, seen.shown, seen.expected);
  equal(`${name}: count in words`, seen.said, seen.shouldSay);
  equal(`${name}: no table without rows`, seen.emptyTables, 0);
  return seen;
}

async function checkFilter(page) {
  const all = await compare(page, "at first", {});
  for (const key of ["framework", "change", "cause"]) {
    const words = await page.$$eval(`#ui-${key} option`, (options) => options.map((option) => option.value).filter(Boolean));
    for (const word of words) {
      await page.selectOption(`#ui-${key}`, word);
      const seen = await compare(page, `${key} ${word}`, { [key]: word });
      if (seen.expected.length === 0) equal(`${key} ${word}: chooses something`, false, true);
    }
    await page.click("#ui-reset");
  }
  // Words of a clause, a subject and an owner that stand on the page, and words that do not.
  const words = await page.evaluate(() => {
    const cells = [...document.querySelectorAll("tr[data-row]")].filter((row) => row.dataset.framework === "").flatMap((row) => [...row.cells]);
    const texts = cells.map((cell) => cell.textContent.trim()).filter((text) => text.length > 5);
    return [texts[0], texts[Math.floor(texts.length / 2)], texts.at(-1)];
  });
  for (const text of [...words, "zqxjkv"]) {
    const parts = text.split(/\s+/).slice(0, 3);
    await page.fill("#ui-search", parts.join(" ").toUpperCase());
    await compare(page, `search ${parts.join(" ").slice(0, 30)}`, { words: parts });
  }
  await page.click("#ui-reset");
  equal("after reset: everything again", (await compare(page, "after reset", {})).shown.length, all.shown.length);
}

async function checkPaperAndNoScript(browser, page) {
  await page.fill("#ui-search", "zqxjkv");
  await page.emulateMedia({ media: "print" });
  const paper = await page.evaluate(() => ({
    hidden: [...document.querySelectorAll("tr[data-row]")].filter((row) => !row.checkVisibility()).length,
    filter: document.getElementById("ui-filter").checkVisibility(),
  }));
  equal("on paper: all rows, no filter", paper, { hidden: 0, filter: false });
  await page.emulateMedia({ media: "screen" });
  await page.click("#ui-reset");
  const bare = await open(browser, { javaScriptEnabled: false });
  const total = await bare.locator("tr[data-row]").count();
  equal("without script: all rows, no filter", [await bare.locator("tr[data-row]:visible").count(), await bare.isVisible("#ui-filter")], [total, false]);
  await bare.context().close();
}

async function checkAxe(page, name) {
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
  await checkFilter(page);
  await checkPaperAndNoScript(browser, page);
  const phone = await open(browser, { viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  equal("on a phone: nothing wider than the screen", await phone.evaluate(() => document.documentElement.scrollWidth), 360);
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
