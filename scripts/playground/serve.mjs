// Uses the served playground in headless Chromium: trains, pauses, reloads, resumes, in two pages and over a restart of the
// program. Called by check.mjs.
import { execFileSync, spawn } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** Starts the program in a folder; resolves when it has printed its address. @param {string} runs @param {number} port @param {string[]} others folders of runs to show too */
async function startServer(runs, port, others = []) {
  const server = spawn(process.env.ROWLSTM, ['playground', ...others, '--port', String(port), '--runs-dir', runs], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = await new Promise((resolve, reject) => {
    server.stdout.once('data', (line) => resolve(String(line).trim()));
    server.once('exit', (code) => reject(new Error(`the program has ended with ${code}`)));
  });
  return { server, address, port: Number(new URL(address).port) };
}

/** Ends the program and waits until it is gone. @param {import('node:child_process').ChildProcess} server @param {NodeJS.Signals} signal */
function end(server, signal) {
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  return gone;
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {{ open: Function, look: Function, draw: Function, reach: Function, faults: string[], digit: number[][][] }} check what check.mjs has
 */
export async function serve(browser, { open, look, draw, reach, faults, digit }) {
  const runs = mkdtempSync(path.join(tmpdir(), 'rowlstm-served-'));
  let { server, address, port } = await startServer(runs, 0);
  const doing = (page, index = 0) => page.locator('.trainee .doing').nth(index).textContent();
  const says = (page, words, index = 0) =>
    page.waitForFunction(
      ([words, index]) => document.querySelectorAll('.trainee .doing')[index]?.textContent.startsWith(words),
      [words, index],
    );
  const form = async (page, settings) => {
    for (const [name, value] of Object.entries(settings)) await page.fill(`[name="${name}"]`, String(value));
  };
  try {
    // An empty folder: one press trains 16 units over 90 %.
    const desk = { viewport: { width: 1400, height: 900 } };
    const { page, fault, expect, context } = await open(browser, 'served', { ...desk, address });
    expect(await page.isVisible('#invitation'), 'an empty folder invites to train');
    await look(page, fault, 'served', '1-empty');
    const names = () => page.locator('.card .facts').allTextContents();
    const inside = (await names()).map((text) => text.split(' ')[0]);
    expect(inside.join() === 'digits-8,digits-16,digits-32,digits-128', `at first there are ${inside}`);
    await page.click('#train-form button');
    const begun = Date.now();
    const trained = page.locator('.card', { has: page.locator('.facts', { hasText: /^u16-/ }) });
    await trained.waitFor();
    await says(page, 'Finished');
    const seconds = (Date.now() - begun) / 1000;
    const accuracy = Number((await doing(page)).match(/([\d.]+) % of the test images/)[1]);
    expect(accuracy > 90, `16 units reach ${accuracy} %`);
    console.log(`16 units, 5 epochs: ${accuracy} % of the test images after ${seconds.toFixed(1)} s in the page`);
    await trained.locator('.facts', { hasText: '% of the test images' }).waitFor();
    await look(page, fault, 'served', '2-trained');

    // Two pages: one starts, both follow; one pauses, the other resumes.
    await draw(page, digit);
    await form(page, { 'num-units': 32, epochs: 40 });
    await page.click('#train-form button');
    await says(page, 'Training', 1);
    const second = await open(browser, 'second page', { ...desk, address });
    await says(second.page, 'Training', 1);
    const learner = page.locator('.card', { has: page.locator('.facts', { hasText: /^u32-/ }) });
    await learner.waitFor();
    const heat = () => learner.locator('svg').first().innerHTML();
    const before = await heat();
    await page.waitForTimeout(1500);
    expect((await heat()) !== before, 'the digit on the table is read again while the network learns');
    expect(/^Reads the digit/.test(await page.locator('.trainee .reads').nth(1).textContent()), 'its answer is listed');
    await look(page, fault, 'served', '3-learning');
    await page.locator('.trainee .go').nth(1).click();
    await says(second.page, 'Paused', 1);
    const paused = await doing(second.page, 1);
    await page.waitForTimeout(500);
    expect((await doing(page, 1)) === paused, `a pause holds in both pages: ${paused}, ${await doing(page, 1)}`);
    const step = Number(paused.match(/step (\d+)/)[1]);
    await page.locator('.trainee .step').nth(1).click();
    await page.waitForFunction(
      (text) => document.querySelectorAll('.trainee .doing')[1].textContent.includes(text),
      `step ${step + 1} `,
    );
    await says(page, 'Paused', 1);
    expect(
      await page.evaluate(() => document.activeElement.className === 'step'),
      'a step keeps the focus on its button',
    );

    // Reloaded, the page shows the same, and goes on.
    await page.waitForTimeout(400);
    const shown = (await names()).map((text) => text.split(' ')[0]).join();
    await page.reload();
    await page.waitForSelector('[data-ready]');
    await says(page, 'Paused', 1);
    expect((await doing(page, 1)).includes(`step ${step + 1} `), 'a reloaded page has the paused run');
    const reloaded = (await names()).map((text) => text.split(' ')[0]).join();
    expect(reloaded === shown, `a reloaded page shows ${reloaded} and not ${shown}`);
    await look(page, fault, 'served', '4-reloaded');
    await reach(page, expect);
    await page.locator('.trainee .go').nth(1).click();
    await says(page, 'Training', 1);

    // The program is killed and started again: what was in training goes on from its last checkpoint.
    await page.waitForFunction(
      (step) => Number(document.querySelectorAll('.trainee .doing')[1].textContent.match(/step (\d+)/)[1]) > step + 500,
      step,
    );
    const faultsBefore = faults.length;
    await end(server, 'SIGKILL');
    await page.waitForFunction(() => document.getElementById('connection').textContent !== '');
    await look(page, fault, 'served', '5-gone');
    ({ server } = await startServer(runs, port));
    await page.waitForFunction(() => document.getElementById('connection').textContent === '');
    await says(page, 'Stopped');
    // Browsers report requests that nothing answered; these are no faults of the page.
    const since = faults.splice(faultsBefore);
    faults.push(...since.filter((text) => !/console: .*(Failed to load|ERR_)/.test(text)));
    await page.locator('.trainee .go').first().click();
    await says(page, 'Training');
    await page.locator('.trainee .stop').first().click();
    await says(page, 'Stopped');
    await second.context.close();
    await context.close();

    // Small and dark, and by keyboard alone.
    const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark', reducedMotion: 'reduce' };
    const small = await open(browser, 'served-phone', { ...phone, address });
    await small.page.focus('[name="num-units"]');
    await small.page.keyboard.press('Control+A');
    await small.page.keyboard.type('8');
    await small.page.keyboard.press('Enter');
    await small.page.waitForFunction(() =>
      /^8 units/.test([...document.querySelectorAll('.trainee h3')].at(-1)?.textContent.trim()),
    );
    await small.page.waitForFunction(() =>
      [...document.querySelectorAll('.trainee .doing')].at(-1).textContent.startsWith('Finished'),
    );
    await small.page.waitForTimeout(800);
    await look(small.page, small.fault, 'served-phone', '1-trained');
    // What the form does not catch the program refuses, in words.
    await small.page.evaluate(() => document.getElementById('train-form').setAttribute('novalidate', ''));
    await form(small.page, { 'num-units': 2000 });
    const faultsThen = faults.length;
    await small.page.click('#train-form button');
    await small.page.waitForFunction(() =>
      document.getElementById('train-note').textContent.includes('must be 1 to 1024'),
    );
    await small.page.waitForTimeout(200);
    faults.push(...faults.splice(faultsThen).filter((text) => !/status of 400/.test(text)));
    await small.context.close();
  } finally {
    await end(server, 'SIGINT');
  }
  await thousand(browser, { open, look });
  await speed(browser, open);
  const names = readdirSync(runs);
  const result = (name) => JSON.parse(readFileSync(path.join(runs, name, 'result.json'), 'utf8'));
  const finished = names.filter((name) => readdirSync(path.join(runs, name)).includes('result.json'));
  console.log(`served: ${finished.map((name) => `${name} ${result(name).test_accuracy}`).join(', ')}`);
  rmSync(runs, { recursive: true });
}

/** A folder of a thousand runs: the page opens, finds and shows one of them without delay. */
async function thousand(browser, { open, look }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'rowlstm-thousand-'));
  const made = readdirSync(process.env.RUNS);
  for (let index = 0; index < 1000; index++) {
    const run = made[index % made.length];
    const name = run.replace(/-s\d+-/, `-s${index + 1}-`);
    const to = path.join(folder, 'sweep', name);
    mkdirSync(to, { recursive: true });
    for (const file of readdirSync(path.join(process.env.RUNS, run))) {
      const from = path.join(process.env.RUNS, run, file);
      const text = ['settings.toml', 'run.json', 'result.json'].includes(file) && readFileSync(from, 'utf8');
      if (!text) linkSync(from, path.join(to, file));
      else
        writeFileSync(
          path.join(to, file),
          text.replace(/(seed"?\s*[:=]\s*)1\b/g, `$1${index + 1}`).replaceAll(run, name),
        );
    }
  }
  const { server, address } = await startServer(path.join(folder, 'none'), 0, [path.join(folder, 'sweep')]);
  try {
    const desk = { viewport: { width: 1400, height: 900 }, address };
    const { page, context, fault, expect } = await open(browser, 'thousand', desk);
    const ready = await page.evaluate(() => Number(document.getElementById('page').dataset.ready));
    await page.click('#more summary');
    expect((await page.textContent('#more-count')) === 'All 1,005 networks', await page.textContent('#more-count'));
    expect((await page.locator('#found li').count()) === 40, 'a part of the list is shown at first');
    await page.click('#more-rows');
    expect((await page.locator('#found li').count()) === 80, 'more are shown on request');
    // From a key until the screen has the list.
    await page.evaluate(() => {
      globalThis.keys = [];
      document
        .getElementById('find')
        .addEventListener('input', ({ timeStamp }) =>
          requestAnimationFrame(() => setTimeout(() => globalThis.keys.push(performance.now() - timeStamp))),
        );
    });
    const [units] = made[772 % made.length].match(/\d+/);
    await page.locator('#find').pressSequentially(`${units} units seed 773`, { delay: 60 });
    await page.waitForTimeout(100);
    const keys = await page.evaluate(() => globalThis.keys);
    expect((await page.locator('#found li').count()) === 1, `found ${await page.textContent('#found-note')}`);
    await page.selectOption('#order', 'accurate');
    const began = Date.now();
    await page.focus('#found button');
    await page.keyboard.press('Enter');
    const card = page.locator('.card', { has: page.locator('.facts', { hasText: /^u\d+-l1-s773-/ }) });
    await card.waitFor();
    const fetched = Date.now() - began;
    expect((await page.getAttribute('#found button', 'aria-pressed')) === 'true', 'the list shows what is chosen');
    expect(await page.evaluate(() => document.activeElement.closest('#found') !== null), 'the focus stays in the list');
    await page.waitForTimeout(800);
    expect((await page.locator('#loss-chart path[class^=l]').count()) > 0, 'the curve of the chosen run is shown');
    await look(page, fault, 'thousand', '1-chosen');
    // The command repeats it, also for a run of another folder.
    const [, ...words] = (await page.textContent('#command')).split(' ');
    const said = execFileSync(process.env.ROWLSTM, words, { encoding: 'utf8' });
    expect(/u\d+-l1-s773-/.test(said), `the command ${words.join(' ')} prints nothing of the run`);
    const url = page.url();
    const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark', address };
    const again = await open(browser, 'thousand, phone', { ...phone, fragment: url.slice(url.indexOf('#')) });
    await again.page.locator('.card .facts', { hasText: /^u\d+-l1-s773-/ }).waitFor();
    await again.page.click('#more summary');
    await look(again.page, again.fault, 'thousand', '2-phone');
    await again.context.close();
    await page.keyboard.press('Enter');
    await card.waitFor({ state: 'detached' });
    const slowest = Math.max(...keys);
    expect(slowest < 200, `a key in a list of a thousand takes ${slowest} ms`);
    console.log(
      `1,000 runs: ready after ${ready.toFixed(0)} ms, a key of the search ${slowest.toFixed(0)} ms at most, a run on the ` +
        `table after ${fetched} ms`,
    );
    await context.close();
  } finally {
    await end(server, 'SIGINT');
  }
  rmSync(folder, { recursive: true });
}

/** How fast 128 units learn in the page, with it open, and in `train`: in turn. */
async function speed(browser, open) {
  const folder = mkdtempSync(path.join(tmpdir(), 'rowlstm-speed-'));
  const { server, address } = await startServer(path.join(folder, 'page'), 0);
  const speedOf = (runs) => {
    const name = readdirSync(runs).find((name) => !measured.has(path.join(runs, name)));
    measured.add(path.join(runs, name));
    return JSON.parse(readFileSync(path.join(runs, name, 'result.json'), 'utf8')).images_per_second;
  };
  const measured = new Set();
  const [inPage, inTrain] = [[], []];
  try {
    const { page, context } = await open(browser, 'speed', { viewport: { width: 1400, height: 900 }, address });
    // A page describes the digits that drawings are compared with, once.
    await page.fill('[name="num-units"]', '8');
    await page.fill('[name="epochs"]', '1');
    await page.click('#train-form button');
    await page.waitForFunction(() => document.querySelector('.doing')?.textContent.startsWith('Finished'));
    speedOf(path.join(folder, 'page'));
    await page.waitForTimeout(5000);
    await page.fill('[name="num-units"]', '128');
    for (let seed = 1; seed <= 5; seed++) {
      await page.fill('[name="seed"]', String(seed));
      await page.click('#train-form button');
      await page.waitForFunction(
        (count) =>
          [...document.querySelectorAll('.doing')].filter(({ textContent: text }) => text.startsWith('Finished'))
            .length === count,
        seed + 1,
      );
      inPage.push(speedOf(path.join(folder, 'page')));
      const options = ['--num-units', '128', '--epochs', '1', '--seed', String(seed), '--quiet'];
      execFileSync(process.env.ROWLSTM, ['train', ...options, '--runs-dir', path.join(folder, 'train')]);
      inTrain.push(speedOf(path.join(folder, 'train')));
    }
    await context.close();
  } finally {
    await end(server, 'SIGINT');
  }
  const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const ratios = inPage.map((speed, index) => speed / inTrain[index]);
  console.log(
    `128 units: ${middle(inPage).toFixed(0)} images/s in the page, ${middle(inTrain).toFixed(0)} in train; ratio ` +
      `${middle(ratios).toFixed(2)}, from ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  );
  rmSync(folder, { recursive: true });
}
