// How long a rendered report takes to open in a browser and to answer, as a Markdown table.
//
//   node page.mjs <path of index.html> [runs]
//
// Not a test: nothing here passes or fails by time. Needs playwright-core from npm; the browser is the one named by CHROMIUM, or
// /usr/bin/chromium. A time is that from the reader's act to the picture on the screen, the median of all runs. "Busy" is the longest time for
// which the page could not have answered anything else.

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [file, runs = "5"] = process.argv.slice(2);
if (!file) {
  console.error("usage: node page.mjs <path of index.html> [runs]");
  process.exit(2);
}
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium" });
const page = await browser.newPage({ viewport: { width: 1366, height: 900 } });
page.setDefaultTimeout(300_000);
await page.addInitScript(() => {
  window.busy = [];
  new PerformanceObserver((list) => window.busy.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  window.timed = async (act, place) => {
    document.getElementById(place).scrollIntoView();
    for (let frame = 0; frame < 10; frame += 1) await painted();
    window.busy = [];
    const start = performance.now();
    act();
    await painted();
    const took = performance.now() - start;
    await new Promise((done) => setTimeout(done, 100));
    return [took, Math.max(0, ...window.busy)];
  };
});
const start = performance.now();
await page.goto(pathToFileURL(resolve(file)).href);
const loaded = performance.now() - start;
await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
const opened = performance.now() - start;
const size = await page.evaluate(() => ({
  elements: document.querySelectorAll("*").length,
  rows: document.querySelectorAll("tr").length,
  lives: document.querySelectorAll(".dossier").length,
}));
console.log(`${size.elements} elements, ${size.rows} rows of tables, ${size.lives} dossiers`);
console.log(`\n| what a reader does | until it is on the screen | busy |\n|---|---:|---:|`);
console.log(`| opens the page (loaded after ${(loaded / 1000).toFixed(1)} s) | ${(opened / 1000).toFixed(1)} s | |`);

const type = (id, text) => `() => { const field = document.getElementById("${id}"); field.value = ${JSON.stringify(text)}; field.dispatchEvent(new Event("input", { bubbles: true })); }`;
const choose = (id, at) => `() => { const field = document.getElementById("${id}"); field.selectedIndex = ${at}; field.dispatchEvent(new Event("change", { bubbles: true })); }`;
const click = (selector) => `() => document.querySelector(${JSON.stringify(selector)}).click()`;
const [atClauses, atRegister] = ["ui-filter", "part-register"];
const acts = [
  ["types a letter into the search", type("ui-search", "s"), atClauses],
  ["types a name into the search", type("ui-search", "svc-157"), atClauses],
  ["empties it", type("ui-search", ""), atClauses],
  ["types a letter into the identity", type("ui-identity", "s"), atClauses],
  ["types a name into the identity", type("ui-identity", "svc-157"), atClauses],
  ["empties it", type("ui-identity", ""), atClauses],
  ["chooses an owner", choose("ui-owner", 2), atClauses],
  ["shows everything again", click("#ui-reset"), atClauses],
  ["chooses a framework", choose("ui-framework", 1), atClauses],
  ["shows everything again", click("#ui-reset"), atClauses],
  ["types a name above the register", type("ui-register-identity", "svc-157"), atRegister],
  ["empties it", type("ui-register-identity", ""), atRegister],
  ["sorts the register", click("table.register button.sort"), atRegister],
];
const times = acts.map(() => []);
for (let run = 0; run < Number(runs); run += 1) {
  for (const [at, [, act, place]] of acts.entries()) times[at].push(await page.evaluate(`window.timed(${act}, "${place}")`));
}
const median = (list) => list.toSorted((one, two) => one - two)[Math.floor(list.length / 2)];
acts.forEach(([what], at) => {
  const [took, busy] = [0, 1].map((part) => median(times[at].map((time) => time[part])));
  console.log(`| ${what} | ${Math.round(took)} ms | ${Math.round(busy)} ms |`);
});
await browser.close();
