// Opens the playground's file in headless Firefox, draws with mouse, finger and keys, and reads. Speaks WebDriver BiDi with
// the browser itself (W3C, WebDriver BiDi), so it needs no driver. Called by scripts/check_playground.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { faultsOfLayout } from '../page/layout.mjs';
import { HANDS, placed } from '../../tests/playground/hands.mjs';

const [file, shots] = process.argv.slice(2);
const address = pathToFileURL(path.resolve(file)).href;
/** @type {string[]} */
const faults = [];
const expect = (ok, text) => ok || faults.push(text);

/** A session with the browser. */
class Session {
  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket;
    this.sent = 0;
    this.waiting = new Map();
    socket.addEventListener('message', ({ data }) => {
      const { id, type, method, params, result, message } = JSON.parse(data);
      if (type === 'event') return this.happened(method, params);
      const { resolve, reject } = this.waiting.get(id);
      if (type === 'success') resolve(result);
      else reject(new Error(message));
    });
  }

  send(method, params) {
    const id = ++this.sent;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  happened(method, params) {
    if (method === 'log.entryAdded' && ['error', 'warn'].includes(params.level)) faults.push(`console: ${params.text}`);
    if (method === 'network.beforeRequestSent' && !/^(data|blob|file|about):/.test(params.request.url)) {
      faults.push(`request leaves the page: ${params.request.url}`);
    }
  }

  /** What an expression says in the page, as JSON. */
  async ask(expression) {
    const { result, exceptionDetails } = await this.send('script.evaluate', {
      expression: `(async () => JSON.stringify((await (${expression})) ?? null))()`,
      target: { context: this.context },
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return JSON.parse(result.value);
  }

  /** Waits until an expression is true. */
  async until(expression) {
    for (let tries = 0; tries < 200; tries++) {
      if (await this.ask(expression)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    faults.push(`still not true after 10 s: ${expression}`);
  }

  /** Draws strokes with a pointer of a kind. */
  async draw(strokes, pointerType) {
    await this.ask("document.getElementById('clear').click()");
    await this.ask("document.getElementById('pad').scrollIntoView({ block: 'nearest' })");
    const box = await this.ask("document.getElementById('pad').getBoundingClientRect()");
    const at = ([x, y]) => ({ x: Math.round(box.left + x * box.width), y: Math.round(box.top + y * box.height) });
    const actions = strokes.flatMap(([first, ...rest]) => [
      { type: 'pointerMove', ...at(first) },
      { type: 'pointerDown', button: 0 },
      ...rest.map((point) => ({ type: 'pointerMove', ...at(point), duration: 10 })),
      { type: 'pointerUp', button: 0 },
    ]);
    const source = { type: 'pointer', id: pointerType, parameters: { pointerType }, actions };
    await this.send('input.performActions', { context: this.context, actions: [source] });
    await this.ask('new Promise((resolve) => setTimeout(resolve, 150))');
    return this.answer();
  }

  /** What the network of 128 units answers. */
  answer() {
    return this.ask("[...document.querySelectorAll('.card .answer b')].at(-1).textContent");
  }

  async press(keys) {
    const actions = keys.flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.send('input.performActions', { context: this.context, actions: [{ type: 'key', id: 'keys', actions }] });
    await this.ask('new Promise((resolve) => setTimeout(resolve, 150))');
  }

  async look(name) {
    for (const fault of await this.ask(`(${faultsOfLayout})()`)) faults.push(`${name}: ${fault}`);
    const { data } = await this.send('browsingContext.captureScreenshot', {
      context: this.context,
      origin: 'document',
    });
    writeFileSync(path.join(shots, `firefox-${name}.png`), Buffer.from(data, 'base64'));
  }
}

/** Starts the browser with a profile of its own. @returns {Promise<[import('node:child_process').ChildProcess, WebSocket]>} */
async function start(profile) {
  const options = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
  const browser = spawn(process.env.FIREFOX, options, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: profile },
  });
  const url = await new Promise((resolve, reject) => {
    let said = '';
    browser.stderr.on('data', (text) => {
      said += text;
      const found = said.match(/WebDriver BiDi listening on (ws:\S+)/);
      if (found) resolve(found[1]);
    });
    browser.once('exit', (code) => reject(new Error(`Firefox has ended with ${code}: ${said}`)));
  });
  const socket = new WebSocket(`${url}/session`);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('Firefox takes no connection')));
  });
  return [browser, socket];
}

const profile = mkdtempSync(path.join(tmpdir(), 'rowlstm-firefox-'));
const [browser, socket] = await start(profile);
try {
  const session = new Session(socket);
  const { capabilities } = await session.send('session.new', { capabilities: {} });
  await session.send('session.subscribe', { events: ['log.entryAdded', 'network.beforeRequestSent'] });
  const { contexts } = await session.send('browsingContext.getTree', {});
  session.context = contexts[0].context;
  const { context } = session;
  await session.send('browsingContext.setViewport', { context, viewport: { width: 1400, height: 900 } });
  await session.send('browsingContext.navigate', { context, url: address, wait: 'complete' });
  await session.until("document.getElementById('page').dataset.ready");
  const ready = Number(await session.ask("document.getElementById('page').dataset.ready"));
  expect((await session.answer()) === '7', 'the first test image is read');

  let right = 0;
  for (const digit of HANDS[0].keys()) {
    const found = await session.draw(placed(HANDS[0][digit], {}), 'mouse');
    if (found === String(digit)) right++;
    else console.log(`Firefox: a drawn ${digit} is read as ${found}`);
  }
  expect(right >= 9, `${right} of 10 digits are read rightly`);
  expect(
    (await session.draw(HANDS[1][4], 'touch')) === '4',
    `a 4 drawn by finger is read as ${await session.answer()}`,
  );
  await session.until("location.hash.includes('drawing=')");
  await session.look('drawn');
  await session.ask("document.getElementById('clear').click()");
  await session.ask("document.getElementById('pad').focus()");
  // WebDriver's names for the arrow down.
  await session.press([' ', ...new Array(9).fill('\uE015'), ' ']);
  expect((await session.answer()) === '1', `a 1 drawn by keys is read as ${await session.answer()}`);

  // Reading, row by row, and a drawing that is no digit.
  await session.draw(HANDS[2][7], 'mouse');
  await session.ask("document.getElementById('play').click()");
  await session.until(
    "Number(document.getElementById('scrub').value) > 3 && Number(document.getElementById('scrub').value) < 28",
  );
  await session.until("document.getElementById('scrub').value === '28'");
  expect((await session.answer()) === '7', `a 7 that was played is read as ${await session.answer()}`);
  await session.draw(
    [
      [
        [0.05, 0.05],
        [0.95, 0.95],
      ],
      [
        [0.95, 0.05],
        [0.05, 0.95],
      ],
      [
        [0.05, 0.5],
        [0.95, 0.5],
      ],
    ],
    'mouse',
  );
  await session.until("document.getElementById('doubt').textContent.startsWith('This is unlike any digit')");
  await session.ask("document.querySelector('.card .open').click()");
  await session.until("!document.getElementById('unit-section').hidden");
  await session.look('doubted');
  await session.send('browsingContext.setViewport', { context, viewport: { width: 390, height: 844 } });
  await session.look('phone');
  console.log(
    `Firefox ${capabilities.browserVersion}: ready after ${ready.toFixed(0)} ms, ${right} of 10 digits are read rightly`,
  );
} finally {
  socket.close();
  const gone = new Promise((resolve) => browser.once('exit', resolve));
  browser.kill();
  await gone;
  rmSync(profile, { recursive: true, force: true });
}
for (const fault of faults) console.error(`Firefox: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);
