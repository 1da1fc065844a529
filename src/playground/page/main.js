// The page: its state, and what happens when a reader does something.

import { Card, answersMarkup, title } from './card.js';
import { imageChart } from './charts.js';
import { equationMarkup, numbersOf } from './equation.js';
import { showFacts } from './facts.js';
import { mnistForm } from './form.js';
import { doubt, likeness } from './likeness.js';
import { listen, paint } from './pad.js';
import { picker } from './picker.js';
import { Player } from './player.js';
import { nextDisputed, placesAt, read, sliceName, stepsOf } from './reading.js';
import { openSource } from './source.js';
import { fromFragment, toFragment } from './state.js';
import { Drawing } from './strokes.js';
import { command, download, greyPng, pictureOf, pngOf } from './takeaway.js';

/** @typedef {import('./reading.js').Reading} Reading */

/** Milliseconds after the last change until the address follows and the drawing is compared with digits. */
const CALM = 120;
/** Units of the networks that are shown at first. */
const AT_FIRST = [16, 8, 32, 128];

/** @param {string} id @returns {any} an element of index.html */
const part = (id) => document.getElementById(id);

/** @param {import('./source.js').Source} source */
function start({ candidates, images, known }) {
  const names = candidates.map(({ name }) => name);
  const first = AT_FIRST.map((units) => candidates.find(({ network }) => network.units === units)?.name);
  const found = /** @type {string[]} */ (first.filter((name) => name !== undefined));
  const defaults = found.length > 0 ? found : names.slice(0, 4);
  const drawing = new Drawing();
  const blank = new Uint8Array(784);
  let state = fromFragment(location.hash, { names, images: images.length, defaults });
  /** @type {Map<string, Card>} */
  const cards = new Map();
  /** @type {Reading[]} */
  let readings = [];
  /** @type {Uint8Array} */
  let image = blank;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let calm;
  /** @type {ReturnType<NonNullable<typeof known>> | undefined} */
  let described;

  const candidateOf = (/** @type {string} */ name) => candidates[names.indexOf(name)];
  const longest = () => Math.max(...state.networks.map((name) => candidateOf(name).timesteps));
  const last = () => Math.max(Math.round((longest() * state.rows) / 28), 1);
  const inked = () => image !== blank;
  /** The networks that are shown, by units. */
  const inOrder = () => names.filter((name) => state.networks.includes(name));

  /** Reads the image anew with every network that is shown. */
  function readAll() {
    const now = state.image === null ? (drawing.empty ? null : mnistForm(drawing.grey())) : images[state.image].pixels;
    image = now ?? blank;
    readings = state.networks.map((name) => read(candidateOf(name), image, state.rows));
    showAll();
  }

  /** Shows what is already read: the step, or what is shown of it, may have changed. */
  function showAll() {
    state.step = Math.min(state.step, last());
    const step = inked() ? state.step : 0;
    const lead = readings[0].candidate;
    const t = stepsOf(step, longest(), lead);
    readings.forEach((reading, index) => {
      const done = Math.min(stepsOf(step, longest(), reading.candidate), reading.beliefs.length);
      const unit = state.unit !== null && state.of === index ? state.unit : null;
      cards.get(reading.candidate.name)?.show(reading, done, state.shown, unit);
    });
    part('answers').innerHTML = answersMarkup(inOrder().map((name) => /** @type {Card} */ (cards.get(name))));
    const name = t > 0 ? sliceName(lead, t - 1) : 'nothing read yet';
    const subject =
      state.image === null ? 'your drawing' : `test image ${state.image}, labelled ${images[state.image].label}`;
    part('seen').innerHTML = imageChart(image, t > 0 ? placesAt(lead, t - 1) : [], `${subject}; ${name}`);
    part('subject').textContent = inked() ? subject : 'Nothing on the paper yet: draw a digit.';
    [part('scrub').max, part('scrub').value] = [String(last()), String(state.step)];
    part('scrub').setAttribute('aria-valuetext', name);
    part('step-now').textContent = t > 0 ? `timestep ${t} of ${lead.timesteps}: ${name}` : name;
    showEquation(step);
    const two = candidates.find(({ network }) => network.units === lead.network.units && network.layers.length === 2);
    showFacts(readings[0], two && state.layers === 2 ? read(two, image, state.rows) : undefined, state, t);
    part('command').textContent = command(state.networks, state.image, state.shown);
    part('save-drawing').hidden = state.image !== null;
    clearTimeout(calm);
    calm = setTimeout(whenCalm, CALM);
  }

  /** @param {number} step */
  function showEquation(step) {
    part('unit-section').hidden = state.unit === null;
    if (state.unit === null) return;
    const reading = readings[Math.min(state.of, readings.length - 1)];
    const { units } = reading.candidate.network;
    const unit = Math.min(state.unit, units - 1);
    const layer = cards.get(reading.candidate.name)?.layer ?? 0;
    const done = Math.min(stepsOf(step, longest(), reading.candidate), reading.beliefs.length);
    [part('unit').max, part('unit').value] = [String(units), String(unit + 1)];
    const of = part('unit-of');
    of.replaceChildren(...readings.map(({ candidate }, index) => new Option(title(candidate), String(index))));
    of.value = String(readings.indexOf(reading));
    part('equation').innerHTML =
      done > 0
        ? equationMarkup(numbersOf(reading, layer, done - 1, unit), done - 1)
        : '<p>Nothing has been read yet: press step, or move the slider.</p>';
  }

  async function whenCalm() {
    state.strokes = drawing.strokes;
    history.replaceState(null, '', `#${toFragment(state)}`);
    const { outlines, farthest } = (await (described ??= known?.())) ?? { outlines: [], farthest: 0 };
    const reason = inked() && outlines.length > 0 ? doubt(likeness(image, outlines), farthest) : null;
    const text = reason === null ? '' : `This is unlike any digit: ${reason}. A network names one all the same.`;
    if (part('doubt').textContent !== text) part('doubt').textContent = text;
  }

  /** Puts cards and choices in line with the networks that are shown. */
  function arrange() {
    state.networks.forEach((name, index) => {
      const candidate = candidateOf(name);
      const card =
        cards.get(name) ??
        new Card(candidate, {
          open: (unit, step) =>
            change({
              unit,
              of: state.networks.indexOf(name),
              step: step === null ? state.step : clockAt(step, candidate),
            }),
          save: () => download(`${name}.safetensors`, new Blob([/** @type {BlobPart} */ (candidate.file)])),
        });
      cards.set(name, card);
      card.element.classList.toggle('lead', index === 0);
    });
    part('cards').replaceChildren(...inOrder().map((name) => /** @type {Card} */ (cards.get(name)).element));
    state.of = Math.min(state.of, state.networks.length - 1);
    showChoices();
    readAll();
  }

  /** The clock at which a network has done so many timesteps. @param {number} steps @param {import('./source.js').Candidate} candidate */
  const clockAt = (steps, candidate) => Math.ceil((steps * longest()) / candidate.timesteps);

  /** @param {Partial<import('./state.js').State>} changes */
  function change(changes) {
    const opened = state.unit === null && changes.unit !== undefined;
    state = { ...state, ...changes };
    if (changes.networks) arrange();
    else if ('image' in changes || 'rows' in changes) readAll();
    else showAll();
    if (opened) part('unit').focus();
  }

  /** @param {number | null} index of a test image */
  function take(index) {
    player.pause();
    drawing.replace([]);
    change({ image: index, step: last() });
    paintPad();
  }

  const paintPad = () => paint(part('pad'), state.image === null ? drawing.ink : images[state.image].pixels);
  const showChoices = picker(
    candidates,
    () => state.networks,
    (chosen) => change({ networks: chosen }),
  );

  const player = new Player(
    () => ({ step: state.step, last: last() }),
    (step) => change({ step }),
    (playing) => (part('play').textContent = playing ? 'Pause' : 'Play'),
  );

  let asked = false;
  /** Reads the drawing once before the next picture of the screen, however many points it has got. */
  const drawn = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      paintPad();
      readAll();
    });
  };
  const pen = {
    begin: (/** @type {import('./strokes.js').Point} */ point) => {
      player.pause();
      Object.assign(state, { image: null, step: last() });
      drawing.begin(point);
      drawn();
    },
    extend: (/** @type {import('./strokes.js').Point} */ point) => {
      drawing.extend(point);
      drawn();
    },
  };
  listen(part('pad'), pen, (x, y, down) => {
    const mark = part('pen');
    Object.assign(mark.style, { left: `${100 * x}%`, top: `${100 * y}%` });
    mark.classList.toggle('down', down);
  });

  const from = () => state.image ?? -1;
  /** @type {Record<string, () => void>} */
  const buttons = {
    undo: () => {
      if (state.image !== null) return take(null);
      drawing.undo();
      drawn();
    },
    clear: () => take(null),
    next: () => take((from() + 1) % images.length),
    random: () => take(Math.floor(Math.random() * images.length)),
    disputed: () => {
      const index = nextDisputed(state.networks.map(candidateOf), images, from());
      if (index !== null) take(index);
      part('disputed-note').textContent =
        index === null ? `These networks agree on all ${images.length} test images.` : '';
    },
    play: () => (player.playing ? player.pause() : player.play()),
    back: () => go(state.step - 1),
    forward: () => go(state.step + 1),
    'close-unit': () => {
      change({ unit: null });
      cards.get(state.networks[state.of])?.part('.open').focus();
    },
    'copy-command': () => copy(part('command').textContent),
    'copy-address': () => copy(location.href),
    'save-drawing': async () => download('drawing.png', await greyPng(drawing.grey())),
    'save-svg': () => download('reading.svg', new Blob([picture().text], { type: 'image/svg+xml' })),
    'save-png': async () => download('reading.png', await pngOf(picture())),
  };
  for (const [id, action] of Object.entries(buttons)) part(id).addEventListener('click', action);

  /** @param {number} step */
  function go(step) {
    player.pause();
    change({ step: Math.min(Math.max(step, 0), last()) });
  }

  const picture = () =>
    pictureOf([
      { chart: part('seen').querySelector('svg'), heading: part('subject').textContent },
      ...inOrder().map((name) => {
        const card = /** @type {Card} */ (cards.get(name));
        const chart = /** @type {SVGSVGElement} */ (card.element.querySelector('svg'));
        return { chart, heading: `${title(card.candidate)}: ${card.part('.answer').textContent?.slice(0, 1)}` };
      }),
    ]);

  /** @param {string} text */
  async function copy(text) {
    const note = part('copied');
    try {
      await navigator.clipboard.writeText(text);
      note.textContent = 'Copied.';
    } catch {
      note.textContent = `Copy this: ${text}`;
    }
  }

  part('scrub').addEventListener('input', () => go(Number(part('scrub').value)));
  part('unit').addEventListener('change', () => change({ unit: Math.max(Number(part('unit').value) - 1, 0) }));
  part('unit-of').addEventListener('change', () => change({ of: Number(part('unit-of').value) }));
  part('cards').addEventListener('layer', showAll);
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('[data-state]'))) {
    const key = /** @type {'rows' | 'layers' | 'cells' | 'shown'} */ (input.dataset.state);
    const now = state[key];
    input.checked = Array.isArray(now) ? now.includes(input.value) : String(now) === input.value;
    input.addEventListener('change', () => {
      if (key === 'shown') {
        change({
          shown: state.shown.filter((letter) => letter !== input.value).concat(input.checked ? input.value : []),
        });
      } else if (key === 'cells') change({ cells: input.value === 'folded' ? 'folded' : 'unrolled' });
      else change(key === 'rows' ? { rows: Number(input.value), step: longest() } : { layers: Number(input.value) });
    });
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintPad);

  drawing.replace(state.strokes);
  arrange();
  paintPad();
  part('page').dataset.ready = String(performance.now());
}

openSource().then(start, (error) => {
  part('page').insertAdjacentText('afterbegin', error.message);
});
