// Uses the playground in headless Chromium as a person does. Called by scripts/check_playground, which describes the checks.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { faultsOfLayout } from '../page/layout.mjs';
import { HANDS, placed } from '../../tests/playground/hands.mjs';
import { serve } from './serve.mjs';
import { measure } from './speed.mjs';

const tools = createRequire(path.join(process.env.TOOLS, 'package.json'));
const { chromium } = tools('playwright-core');
const axe = readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8');
const [file, largest, shots] = process.argv.slice(2);
const root = path.join(import.meta.dirname ?? '.', '../..');
/** Strokes of the digits of one hand, as large as its points say. */
const DIGITS = HANDS[0];
const addressOf = (name) => pathToFileURL(path.resolve(name)).href;
const fileAddress = addressOf(file);
/** @type {string[]} */
const faults = [];

/** Opens the page, the file or a served one; what it does wrongly by itself is a fault. */
async function open(browser, name, { fragment = '', address = fileAddress, ...options }) {
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const fault = (text) => faults.push(`${name}: ${text}`);
  const isOwn = (url) => url.split('#')[0] === address || (address.startsWith('http:') && url.startsWith(address));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && fault(`console: ${message.text()}`));
  page.on('pageerror', (error) => fault(`script: ${error.message}`));
  page.on('websocket', (socket) => fault(`request: ${socket.url()}`));
  await page.route('**/*', (route) => {
    const url = route.request().url();
    if (isOwn(url) || /^(data|blob):/.test(url)) return route.continue();
    fault(`request leaves the page: ${url}`);
    return route.abort();
  });
  await page.goto(address + fragment, { waitUntil: 'load' });
  await page.waitForSelector('[data-ready]');
  return { page, context, fault, expect: (ok, text) => ok || fault(text) };
}

/** Holds what is on the screen against the rules of layout and of accessibility, and keeps a picture. */
async function look(page, fault, name, shot) {
  for (const problem of await page.evaluate(faultsOfLayout)) fault(`${shot}: ${problem}`);
  // A policy of the page forbids a script element, so axe is run as the debugger does.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, nodes } of violations) fault(`${shot}: axe ${id}: ${nodes[0].html.slice(0, 120)}`);
  await page.screenshot({ path: path.join(shots, `${name}-${shot}.png`), fullPage: true });
}

/** Waits until the page has drawn what it was given: it does so before the next frame of the screen. */
const drawn = (page) =>
  page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))),
  );

/** Draws strokes, points of 0 to 1, with the mouse. */
async function draw(page, strokes) {
  await page.locator('#pad').scrollIntoViewIfNeeded();
  const box = await page.locator('#pad').boundingBox();
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  for (const [first, ...rest] of strokes) {
    await page.mouse.move(...at(first));
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...at(point));
    await page.mouse.up();
  }
  await drawn(page);
}

const answers = (page) => page.locator('.card .answer b').allTextContents();
const digitOf = async (page) => (await answers(page)).at(-1);

/** Everything a person does, in one window. */
async function use(browser, name, options) {
  const { page, context, fault, expect } = await open(browser, name, options);
  await look(page, fault, name, '1-opened');

  // Draw.
  await page.click('#clear');
  expect(
    (await answers(page)).every((answer) => answer === '–'),
    'an empty pad has no answer',
  );
  await draw(page, DIGITS[3]);
  expect((await digitOf(page)) === '3', `a drawn 3 is read as ${await digitOf(page)}`);
  await page.waitForTimeout(1500);
  expect((await page.textContent('#doubt')) === '', 'a drawn 3 is not doubted');
  await look(page, fault, name, '2-drawn');
  const address = page.url();
  await draw(page, [
    [
      [0.05, 0.05],
      [0.95, 0.95],
    ],
  ]);
  await page.waitForFunction(() => document.getElementById('doubt').textContent.startsWith('This is unlike any digit'));
  await look(page, fault, name, '3-doubted');
  await page.click('#undo');
  await page.waitForFunction(
    (url) => location.href === url && document.getElementById('doubt').textContent === '',
    address,
  );

  // The same strokes with another pen.
  const seen = async () => (await page.locator('#seen').innerHTML()).replace(/chart-\d+/g, '');
  const broad = await seen();
  await page.check('#thin');
  await page.waitForFunction(() => location.href.includes('pen=thin'));
  expect((await seen()) !== broad && (await digitOf(page)) === '3', `a thin 3 is read as ${await digitOf(page)}`);
  await page.uncheck('#thin');
  await page.waitForFunction((url) => location.href === url, address);
  expect((await seen()) === broad, 'the broad pen draws as before');

  // Play, step, scrub.
  await page.click('#play');
  await page.waitForTimeout(1300);
  await page.click('#play');
  const paused = await page.inputValue('#scrub');
  expect(Number(paused) > 0 && Number(paused) < 28, `play and pause left timestep ${paused}`);
  await page.waitForTimeout(500);
  expect((await page.inputValue('#scrub')) === paused, 'a pause holds');
  await page.click('#forward');
  expect((await page.inputValue('#scrub')) === String(Number(paused) + 1), 'a step goes on by one');
  await page.click('#back');
  await page.locator('#scrub').fill('15');
  expect((await page.textContent('#step-now')) === 'timestep 15 of 28: row 15', 'the slider goes to a timestep');
  for (const letter of ['c', 'i', 'f', 'g', 'o']) await page.check(`input[value=${letter}]`);
  expect((await page.locator('.card').first().locator('svg').count()) === 6, 'gates and cell are shown on request');

  if (options.reducedMotion === 'reduce') {
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element);
          return transitionDuration !== '0s' || animationName !== 'none';
        }).length,
    );
    expect(moving === 0, `${moving} elements move though less motion is asked for`);
  }

  // Values, and a unit's equation.
  const chart = page.locator('.card').nth(1).locator('svg').first();
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.15);
  const value = await page.locator('.card').nth(1).locator('.value').textContent();
  expect(/^h of unit \d+ of 16 = −?\d\.\d\d, after row \d+$/.test(value), `a square says ${value}`);
  await page.mouse.click(box.x + box.width * 0.3, box.y + box.height * 0.3);
  const hidden = await page.locator('#equation tr:last-child b').textContent();
  expect(/^−?[01]\.\d\d$/.test(hidden), `the equation ends in ${hidden}`);
  await look(page, fault, name, '4-unit');

  // Units, and the three switches.
  const parameters = () => page.locator('#scoreboard dd').last().textContent();
  const score = async (at) => Number.parseInt(await page.locator('#scoreboard dd').nth(at).textContent(), 10);
  await page.locator('#units-slider-2').fill('3');
  expect(
    (await page.textContent('#formula')).includes('4 × 64 × (28 + 64 + 1) = 23,808'),
    'the formula has the numbers',
  );
  const before = (await parameters()).split(' ')[0];
  expect(before === '24,458', `64 units have ${before} parameters`);
  await page.check('input[value=folded]');
  expect((await score(1)) === 1 && (await parameters()).startsWith(before), 'a folded cell has as many parameters');
  for (const rows of [7, 14, 21]) {
    await page.check(`input[data-state=rows][value="${rows}"]`);
    expect((await score(2)) === rows && (await parameters()).startsWith(before), `${rows} rows change no parameter`);
  }
  await page.check('input[data-state=layers][value="2"]');
  expect(
    (await score(3)) === 2 && (await parameters()).startsWith('57,482'),
    `a layer changes parameters: ${await parameters()}`,
  );
  await look(page, fault, name, '5-switches');

  // The address holds all of it.
  await page.waitForTimeout(300);
  const [text, said] = [await page.textContent('#page'), page.url()];
  const again = await open(browser, `${name}, opened again`, { ...options, fragment: said.slice(said.indexOf('#')) });
  await again.page.waitForTimeout(300);
  const plain = (text) => text.replace(/(was [\d,]+|unchanged|chart-\d+)/g, '');
  expect(plain(await again.page.textContent('#page')) === plain(text), 'an address opened again shows the same');
  await again.context.close();
  await takeAway(page, expect);
  await context.close();
}

/** Files and the command: the program must make the same of them. */
async function takeAway(page, expect) {
  const saved = async (button) => {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    const to = path.join(process.env.TOOLS, 'downloads', download.suggestedFilename());
    await download.saveAs(to);
    return to;
  };
  await page.check('input[data-state=rows][value="28"]');
  const drawing = await saved(page.locator('#save-drawing'));
  const words = (await page.textContent('#command')).split(' ');
  const runs = words.filter((word) => /^digits-\d+$/.test(word));
  expect(words.slice(0, 2).join(' ') === 'rowlstm predict' && runs.length === 4, `the command is ${words.join(' ')}`);
  const program = (...rest) => execFileSync(process.env.ROWLSTM, rest, { encoding: 'utf8' }).trim().split('\n');
  const lines = program('predict', ...runs, drawing, '--json').map((line) => JSON.parse(line));
  const shown = new Map();
  for (const card of await page.locator('.card').all()) {
    const name = (await card.locator('.facts').textContent()).split(' · ')[0];
    shown.set(name, await card.locator('.answer b').textContent());
  }
  for (const { network, digit } of lines) {
    expect(shown.get(network) === String(digit), `${network} answers ${shown.get(network)}, in the program ${digit}`);
  }
  const svg = readFileSync(await saved(page.locator('#save-svg')), 'utf8');
  expect(svg.startsWith('<svg xmlns=') && !svg.includes('var(') && svg.length > 10_000, 'the SVG stands alone');
  const png = readFileSync(await saved(page.locator('#save-png')));
  expect(png.subarray(1, 4).toString() === 'PNG' && png.length > 5_000, 'the PNG is one');
  const weights = readFileSync(await saved(page.locator('.card .save').first()));
  const folder = path.join(root, 'data/networks');
  const stored = readdirSync(folder).map((name) => readFileSync(path.join(folder, name)));
  expect(
    stored.some((bytes) => bytes.equals(weights)),
    'the saved network is that of the run',
  );
}

/** Draws with the arrow keys. @param {number[][][]} strokes */
async function type(page, strokes) {
  // As src/playground/page/pad.js: where the pen is at first, and how far an arrow moves it, also with Shift; a drawing has
  // 256 places across and down, so a small step is three of them.
  let [x, y] = [0.5, 0.25];
  const [far, near] = [1 / 16, 3 / 256];
  const press = async (across, down) => {
    const moves = [
      [across, 'ArrowRight', 'ArrowLeft'],
      [down, 'ArrowDown', 'ArrowUp'],
    ];
    for (const [distance, on, back] of moves) {
      const [coarse, rest] = [Math.trunc(distance / far), distance % far];
      const key = distance > 0 ? on : back;
      for (let times = Math.abs(coarse); times > 0; times--) await page.keyboard.press(key);
      for (let times = Math.round(Math.abs(rest) / near); times > 0; times--) await page.keyboard.press(`Shift+${key}`);
      const gone = coarse * far + Math.sign(distance) * Math.round(Math.abs(rest) / near) * near;
      if (on === 'ArrowRight') x += gone;
      else y += gone;
    }
  };
  for (const [first, ...rest] of strokes) {
    await press(first[0] - x, first[1] - y);
    await page.keyboard.press('Space');
    // Every third point: a reader's fingers do no more.
    for (const point of rest.filter((_, index) => index % 3 === 2)) await press(point[0] - x, point[1] - y);
    await page.keyboard.press('Space');
  }
  await drawn(page);
}

/** Everything with the keyboard alone. */
async function keyboard(browser) {
  const { page, context, expect } = await open(browser, 'keyboard', { viewport: { width: 1400, height: 900 } });
  for (const digit of [1, 4, 7]) {
    // A page opened anew, so that the pen is where it is at first.
    await page.reload();
    await page.waitForSelector('[data-ready]');
    await page.focus('#clear');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    expect(await page.evaluate(() => document.activeElement.id === 'pad'), 'the pad is reached with Tab');
    await type(page, DIGITS[digit]);
    expect((await digitOf(page)) === String(digit), `a ${digit} drawn by keyboard is read as ${await digitOf(page)}`);
    if (digit === 7) await look(page, (text) => faults.push(`keyboard: ${text}`), 'keyboard', '1-drawn');
  }
  await reach(page, expect);
  await page.locator('.card .open').first().focus();
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement.id === 'unit'), 'opening a unit moves the focus to it');
  await page.keyboard.press('ArrowUp');
  expect((await page.inputValue('#unit')) === '2', 'the next unit is an arrow key away');
  await context.close();
}

/** Reaches every control with Tab, each of which shows that it has the focus. */
async function reach(page, expect) {
  const all = await page.evaluate(() => {
    const controls = [...document.querySelectorAll('button, input, select, summary, [tabindex="0"]')];
    const seen = controls.filter((control) => control.checkVisibility() && !control.disabled);
    // Of the choices of one group Tab reaches the one that is chosen.
    const reached = seen.filter(({ type, checked }) => type !== 'radio' || checked);
    reached.forEach((control, index) => (control.dataset.check = String(index)));
    return reached.length;
  });
  const reached = new Set();
  const unmarked = new Set();
  for (let press = 0; press < all + 5; press++) {
    await page.keyboard.press('Tab');
    const [at, outlined] = await page.evaluate(() => {
      const { activeElement: element } = document;
      return [element.dataset.check, getComputedStyle(element).outlineStyle !== 'none'];
    });
    reached.add(at);
    if (at !== undefined && !outlined) unmarked.add(at);
  }
  for (let index = 0; index < all; index++) {
    const html = () =>
      page.evaluate((at) => document.querySelector(`[data-check="${at}"]`).outerHTML.slice(0, 80), index);
    if (!reached.has(String(index))) expect(false, `Tab does not reach ${await html()}`);
    if (unmarked.has(String(index))) expect(false, `nothing shows the focus on ${await html()}`);
  }
  reached.delete(undefined);
  console.log(`keyboard: ${reached.size} of ${all} controls are reached with Tab`);
}

/** A finger, on a screen that has no mouse. */
async function touch(browser) {
  const options = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const { page, context, expect } = await open(browser, 'touch', options);
  const session = await context.newCDPSession(page);
  const send = (type, points) => session.send('Input.dispatchTouchEvent', { type, touchPoints: points });
  let right = 0;
  for (const [digit, strokes] of HANDS[1].entries()) {
    // Chromium ignores a tap less than 0.1 s after a quick stroke, as the end of a swipe. No finger is so fast.
    await page.waitForTimeout(200);
    await page.tap('#clear');
    const box = await page.locator('#pad').boundingBox();
    for (const stroke of strokes) {
      const points = stroke.map(([x, y]) => ({ x: box.x + x * box.width, y: box.y + y * box.height }));
      await send('touchStart', [points[0]]);
      for (const point of points.slice(1)) await send('touchMove', [point]);
      await send('touchEnd', []);
    }
    await drawn(page);
    if ((await digitOf(page)) === String(digit)) right++;
    else console.log(`a ${digit} drawn by finger is read as ${await digitOf(page)}`);
  }
  expect(right >= 9, `${right} of 10 digits drawn by finger are read rightly`);
  expect(await page.evaluate(() => scrollY === 0), 'drawing does not scroll the page');
  console.log(`finger: ${right} of 10 digits are read rightly by 128 units`);
  await context.close();
}

/** The digits of three hands, small, turned and in a corner too, and the images on which networks differ. */
async function digits(browser) {
  const { page, context, expect } = await open(browser, 'digits', { viewport: { width: 1400, height: 900 } });
  let [right, all] = [0, 0];
  for (const [hand, strokes] of HANDS.entries()) {
    const how = [{}, { height: 0.4, turn: -12, corner: [1, 1] }, { height: 0.8, turn: 12 }][hand];
    for (const digit of strokes.keys()) {
      await page.click('#clear');
      await draw(page, placed(strokes[digit], how));
      all++;
      if ((await digitOf(page)) === String(digit)) right++;
      else console.log(`a ${digit} of hand ${hand + 1} is read as ${await digitOf(page)}`);
    }
  }
  expect(right >= 0.95 * all, `${right} of ${all} drawn digits are read rightly`);
  console.log(`mouse: ${right} of ${all} digits are read rightly by 128 units`);
  await page.click('#disputed');
  await page.waitForTimeout(100);
  expect(new Set(await answers(page)).size > 1, 'networks differ on a disputed image');
  await page.click('#next');
  await page.click('#random');
  expect(/^test image \d+, labelled \d$/.test(await page.textContent('#subject')), 'a test image is named');
  await context.close();
}

/** The picture in the README: docs/playground/reading.png. */
async function picture(browser) {
  const networks = ['digits-8', 'digits-32', 'digits-128'].map((name) => `&network=${name}`).join('');
  const fragment = `#image=38${networks}&step=24`;
  const { page, context } = await open(browser, 'picture', { viewport: { width: 1200, height: 860 }, fragment });
  await page.screenshot({ path: path.join(shots, 'reading.png') });
  await context.close();
}

const browser = await chromium.launch({
  executablePath: process.env.BROWSER,
  // Chromium's own sandbox does not work for root, and in most containers.
  args: ['--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
});
try {
  if (process.env.ONLY !== 'served') {
    for (const [device, width, height] of [
      ['phone', 390, 844],
      ['desk', 1400, 900],
    ]) {
      for (const colorScheme of ['light', 'dark']) {
        const reducedMotion = colorScheme === 'dark' ? 'reduce' : 'no-preference';
        await use(browser, `${device}-${colorScheme}`, { viewport: { width, height }, colorScheme, reducedMotion });
      }
    }
    await keyboard(browser);
    await touch(browser);
    await digits(browser);
    await picture(browser);
    await measure(browser, fileAddress, addressOf(largest));
  }
  if (process.env.ONLY !== 'file') await serve(browser, { open, look, draw, reach, faults, digit: DIGITS[3] });
} finally {
  await browser.close();
}
for (const fault of faults) console.error(fault);
console.log(`${path.basename(file)}: ${faults.length} faults, screenshots in ${shots}`);
process.exit(faults.length > 0 ? 1 : 0);
