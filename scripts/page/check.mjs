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
  await page.screenshot({ path: path.join(shots, `${stem}-${name}.png`), fullPage: true });
  await context.close();
  return faults.map((fault) => `${name}: ${fault}`);
}

/** One window for an SVG; for a page one for each device, colour scheme and medium. */
function windowsFor(file) {
  if (file.endsWith(".svg")) return [{ name: "svg", width: 800, height: 600, colorScheme: "light" }];
  const windows = [{ name: "print", width: 700, height: 990, colorScheme: "light", media: "print" }];
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
