// Checks one HTML page, or one SVG, in headless Chromium. Called by scripts/check_page, which describes the checks.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { faultsOfLayout } from "./layout.mjs";

const { chromium } = createRequire(path.join(process.env.TOOLS, "package.json"))("playwright-core");
const [file, shots] = process.argv.slice(2);
const address = pathToFileURL(file).href;
const stem = path.basename(file).replace(/\.[^.]*$/, "");

/** Opens the page in one window and returns its faults there. */
async function check(browser, { name, width, height, colorScheme, media }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.route("**/*", (route) => {
    const url = route.request().url();
    if (url.split("#")[0] === address || url.startsWith("data:")) return route.continue();
    faults.push(`request leaves the page: ${url}`);
    return route.abort();
  });
  // A window that the page opens, a socket, or a link elsewhere that loads by itself.
  page.on("websocket", (socket) => faults.push(`request leaves the page: ${socket.url()}`));
  page.on("popup", () => faults.push("the page opens a window"));
  if (media) await page.emulateMedia({ media, colorScheme });
  if (file.endsWith(".svg")) {
    // Inside a page: Chromium takes no screenshot of a bare SVG.
    await page.setContent(`<body style="margin:0">${readFileSync(file, "utf8")}</body>`, { waitUntil: "load" });
  } else {
    await page.goto(address, { waitUntil: "load" });
  }
  await page.waitForTimeout(200);
  faults.push(...(await page.evaluate(faultsOfLayout)));
  // On paper there is nothing to click.
  faults.push(...(media ? await page.evaluate(faultsOfPaper) : await faultsOfScript(page)));
  await page.screenshot({ path: path.join(shots, `${stem}-${name}.png`), fullPage: true });
  await context.close();
  return faults.map((fault) => `${name}: ${fault}`);
}

/** Runs in the page: what cannot be used on paper, or wastes ink. */
function faultsOfPaper() {
  const faults = [];
  for (const control of document.querySelectorAll("input, select, button")) {
    const isHeading = control.closest("thead");
    if (!isHeading && control.checkVisibility()) faults.push(`a control is printed: <${control.localName}>`);
  }
  for (const element of [document.documentElement, document.body]) {
    const [red, green, blue, opacity = 1] = (getComputedStyle(element).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (opacity > 0 && Math.min(red, green, blue) < 230) faults.push(`<${element.localName}> prints a dark background`);
  }
  return faults;
}

/** Uses what the page's script offers, and returns what does not work. */
async function faultsOfScript(page) {
  const faults = [];
  const expect = (ok, fault) => ok || faults.push(`script: ${fault}`);
  // Every chart of a kind is as readable as the first.
  for (const button of await page.locator(".choices button:visible").all()) {
    await button.click();
    faults.push(...(await page.evaluate(faultsOfLayout)));
    expect((await page.locator(".group figure:visible").count()) === 1, "one chart of a kind is shown at a time");
  }
  const column = (table, index) =>
    table.locator("tbody tr:visible").evaluateAll((rows, at) => rows.map((row) => row.cells[at].textContent), index);
  for (const table of await page.locator("table:has(thead button:visible)").all()) {
    const last = (await table.locator("thead th").count()) - 1;
    const before = await column(table, last);
    await table.locator("thead button").nth(last).click();
    const up = await column(table, last);
    await table.locator("thead button").nth(last).click();
    const down = await column(table, last);
    expect(JSON.stringify([...up].reverse()) === JSON.stringify(down) || new Set(up).size < up.length, "a second click turns a column round");
    expect(JSON.stringify([...before].sort()) === JSON.stringify([...up].sort()), "sorting keeps every row");
  }
  for (const label of await page.locator(".filter:visible").all()) {
    const rows = label.locator("xpath=following-sibling::div[1]//tbody/tr");
    const all = await rows.count();
    await label.locator("input").fill((await rows.first().locator("th").textContent()) ?? "");
    const shown = await rows.filter({ visible: true }).count();
    expect(shown > 0 && shown < all, `a filter leaves ${shown} of ${all} rows`);
    await label.locator("input").fill("");
    expect((await rows.filter({ visible: true }).count()) === all, "an empty filter shows every row");
  }
  for (const svg of await page.locator("svg:has([role=button]):visible").all()) {
    const key = svg.locator("[role=button]").first();
    const series = (await key.getAttribute("class")).match(/\bs\d+\b/)[0];
    const line = svg.locator(`.${series}:not(.key)`).first();
    await key.focus();
    await page.keyboard.press("Enter");
    expect(!(await line.isVisible()), "a name hides its line");
    await page.keyboard.press("Enter");
    expect(await line.isVisible(), "a name shows its line again");
  }
  const mark = page.locator("svg circle.s0:visible").last();
  if ((await page.locator(".tip").count()) > 0 && (await mark.count()) > 0) {
    await mark.hover({ force: true });
    const value = await page.locator(".tip").textContent();
    expect(/\d/.test(value ?? "") && (await page.locator(".tip").isVisible()), "a mark shows its value");
    await page.mouse.move(0, 0);
  }
  return faults;
}

/** One window for an SVG; for a page one for each device, colour scheme and medium. */
function windowsFor(file) {
  if (file.endsWith(".svg")) return [{ name: "svg", width: 800, height: 600, colorScheme: "light" }];
  const windows = [];
  for (const colorScheme of ["light", "dark"]) {
    windows.push({ name: `print-${colorScheme}`, width: 700, height: 990, colorScheme, media: "print" });
  }
  for (const [device, width, height] of [["phone", 390, 844], ["desk", 1400, 900]]) {
    for (const colorScheme of ["light", "dark"]) {
      windows.push({ name: `${device}-${colorScheme}`, width, height, colorScheme });
    }
  }
  return windows;
}

const browser = await chromium.launch({
  executablePath: process.env.BROWSER,
  // Chromium's own sandbox does not work for root, and in most containers.
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
const windows = windowsFor(file);
const faults = [];
try {
  for (const window of windows) faults.push(...(await check(browser, window)));
} finally {
  await browser.close();
}
for (const fault of faults) console.error(fault);
console.log(`${path.basename(file)}: ${windows.length} windows, ${faults.length} faults, screenshots in ${shots}`);
process.exit(faults.length > 0 ? 1 : 0);
