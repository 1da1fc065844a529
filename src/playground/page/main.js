// The page: what happens when a reader does something.

import { Chooser } from './chooser.js';
import { arrange } from './candidate.js';
import { ServerError } from './laboratory.js';
import { doubt, likeness } from './likeness.js';
import { listen, paint } from './pad.js';
import { picker } from './picker.js';
import { Player } from './player.js';
import { nextDisputed } from './reading.js';
import { fetchCandidate, openSource } from './source.js';
import { BESIDE, fromFragment, toFragment } from './state.js';
import { copy, download, greyPng, pictureOf, pngOf } from './takeaway.js';
import { Training } from './training.js';
import { View, part } from './view.js';

/** @typedef {import('./state.js').State} State */

/** Milliseconds after the last change until the address follows and the drawing is compared with digits. */
const CALM = 120;
/** Units of the networks that are shown at first; the slider's is the first. */
const AT_FIRST = [16, 8, 32, 128];

/** @param {import('./source.js').Source} source @returns {State} */
function stateOfAddress({ candidates, images }) {
  const names = candidates.map(({ name }) => name);
  const first = AT_FIRST.flatMap((units) => candidates.find(({ network }) => network.units === units)?.name ?? []);
  const defaults = first.length > 0 ? first : names.slice(0, 4);
  return fromFragment(location.hash, { names, images: images.length, defaults });
}

/** Shows the page. @param {import('./source.js').Source} source */
function start(source) {
  const view = new View(source, stateOfAddress(source), change);
  const showChoices = picker(
    source.candidates,
    () => view.state.networks,
    (networks) => change({ networks }),
  );
  const player = new Player(
    () => ({ step: view.state.step, last: view.last }),
    (step) => change({ step }),
    (playing) => (part('play').textContent = playing ? 'Pause' : 'Play'),
  );
  const whenCalm = later(source, view);

  /** @param {Partial<State>} changes */
  function change(changes) {
    const opened = view.state.unit === null && changes.unit !== undefined;
    Object.assign(view.state, changes);
    if (changes.networks) {
      showChoices();
      view.arrange();
      page.arranged();
    } else if ('image' in changes || 'rows' in changes) view.read();
    else view.show();
    whenCalm();
    if (opened) part('unit').focus();
  }

  /** @param {number} step */
  function go(step) {
    player.pause();
    change({ step: Math.min(Math.max(step, 0), view.last) });
  }

  const paintPad = () => {
    const { image } = view.state;
    paint(part('pad'), image === null ? view.drawing.ink : source.images[image].pixels);
  };
  listenToPad(view, player, () => {
    paintPad();
    view.read();
    whenCalm();
  });
  listenToImages(source, view, (image) => {
    player.pause();
    view.drawing.replace([]);
    change({ image, step: view.last });
    paintPad();
  });
  on('undo', () => {
    if (view.state.image !== null) return part('clear').click();
    view.drawing.undo();
    paintPad();
    change({ image: null });
  });
  part('thin').checked = view.state.pen === 'thin';
  part('thin').addEventListener('change', () => {
    const pen = part('thin').checked ? 'thin' : 'broad';
    view.drawing.take(pen);
    paintPad();
    change({ pen, image: view.state.image });
  });
  on('play', () => (player.playing ? player.pause() : player.play()));
  on('back', () => go(view.state.step - 1));
  on('forward', () => go(view.state.step + 1));
  part('scrub').addEventListener('input', () => go(Number(part('scrub').value)));
  listenToUnit(view, change);
  listenToSwitches(view, change);
  listenToTakeAway(view);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintPad);

  // A reader has typed another address; the page's own changes send no event.
  addEventListener('hashchange', () => location.reload());

  const page = {
    view,
    /** Called when other networks are side by side. */
    arranged: () => {},
    /** A network is new or has other weights; `show` puts it side by side with the others. @param {string} name @param {boolean} show */
    changed(name, show) {
      const { networks } = view.state;
      if (show && !networks.includes(name)) change({ networks: [...networks.slice(0, BESIDE - 1), name] });
      else view.readAgain(name);
      showChoices();
    },
    /** Puts a network that is fetched side by side with the others, or takes it away. @param {string} name */
    toggle(name) {
      const { networks } = view.state;
      const others = networks.filter((other) => other !== name);
      if (others.length === networks.length) change({ networks: [...networks.slice(0, BESIDE - 1), name] });
      else if (others.length > 0) change({ networks: others });
    },
  };
  change({ networks: view.state.networks });
  paintPad();
  return page;
}

/**
 * Lets a reader choose among all networks of a served page.
 *
 * @param {import('./source.js').Source & { laboratory: import('./laboratory.js').Laboratory }} source
 * @param {ReturnType<typeof start>} page
 */
function listAll({ laboratory, candidates }, page) {
  const chooser = new Chooser(laboratory, {
    shows: (name) => page.view.state.networks.includes(name),
    choose: async (name) => {
      const run = laboratory.runs.get(name);
      if (run && !candidates.some((candidate) => candidate.name === name)) {
        try {
          candidates.push(await fetchCandidate(laboratory, run));
          arrange(candidates);
        } catch (error) {
          if (!(error instanceof ServerError)) throw error;
          part('found-note').textContent = error.message;
          return;
        }
      }
      page.toggle(name);
    },
  });
  return chooser;
}

/** Adds to a served page the list of its networks and the training panel. @param {import('./source.js').Source} source */
function openPage(source) {
  const page = start(source);
  const { laboratory } = source;
  part('train-how').hidden = laboratory !== null;
  if (laboratory !== null) {
    const chooser = listAll({ ...source, laboratory }, page);
    const training = new Training(
      { ...source, laboratory },
      {
        changed: page.changed,
        shows: (name) => page.view.state.networks.includes(name),
        answer: (name) => page.view.answer(name),
        listed: () => chooser.show(),
      },
    );
    page.arranged = () => {
      chooser.show();
      training.draw();
    };
  }
  part('page').dataset.ready = String(performance.now());
}

/** @param {string} id @param {() => unknown} action */
function on(id, action) {
  part(id).addEventListener('click', action);
}

/**
 * What follows when nothing has changed for a moment: the address, and how like a digit the image is.
 *
 * @param {import('./source.js').Source} source @param {View} view
 */
function later({ known }, view) {
  /** @type {ReturnType<NonNullable<typeof known>> | undefined} */
  let described;
  const follow = async () => {
    view.state.strokes = view.drawing.strokes;
    history.replaceState(null, '', `#${toFragment(view.state)}`);
    if (!known) return;
    const digits = await (described ??= known());
    if (!digits) return;
    const { outlines, farthest } = digits;
    const reason = view.inked ? doubt(likeness(view.image, outlines), farthest) : null;
    const text = reason === null ? '' : `This is unlike any digit: ${reason}. A network names one all the same.`;
    if (part('doubt').textContent !== text) part('doubt').textContent = text;
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(follow, CALM);
  };
}

/** @param {View} view @param {Player} player @param {() => void} drawn called once before the next frame of the screen */
function listenToPad(view, player, drawn) {
  let asked = false;
  // A fast pen has several points for each frame.
  const soon = () => {
    if (!asked) {
      requestAnimationFrame(() => {
        asked = false;
        drawn();
      });
    }
    asked = true;
  };
  const pen = {
    begin: (/** @type {import('./strokes.js').Point} */ point) => {
      player.pause();
      Object.assign(view.state, { image: null, step: view.last });
      view.drawing.begin(point);
      soon();
    },
    extend: (/** @type {import('./strokes.js').Point} */ point) => {
      view.drawing.extend(point);
      soon();
    },
  };
  listen(part('pad'), pen, (x, y, down) => {
    const mark = part('pen');
    Object.assign(mark.style, { left: `${100 * x}%`, top: `${100 * y}%` });
    mark.classList.toggle('down', down);
  });
}

/** @param {import('./source.js').Source} source @param {View} view @param {(image: number | null) => void} take */
function listenToImages({ images }, view, take) {
  const now = () => view.state.image ?? -1;
  on('clear', () => take(null));
  on('next', () => take((now() + 1) % images.length));
  on('random', () => take(Math.floor(Math.random() * images.length)));
  on('disputed', () => {
    const candidates = view.state.networks.map((name) => view.candidate(name));
    const index = nextDisputed(candidates, images, now());
    if (index !== null) take(index);
    const agreed = `The networks side by side agree on all ${images.length} test images.`;
    part('disputed-note').textContent = index === null ? agreed : '';
  });
}

/** @param {View} view @param {(changes: Partial<State>) => void} change */
function listenToUnit(view, change) {
  part('unit').addEventListener('change', () => change({ unit: Math.max(Number(part('unit').value) - 1, 0) }));
  part('unit-of').addEventListener('change', () => change({ of: Number(part('unit-of').value) }));
  part('cards').addEventListener('layer', () => view.show());
  on('close-unit', () => {
    change({ unit: null });
    view.cards.get(view.state.networks[view.state.of])?.part('.open').focus();
  });
}

/** Boxes and switches, each of which names what of the state it changes. @param {View} view @param {(changes: Partial<State>) => void} change */
function listenToSwitches(view, change) {
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('[data-state]'))) {
    const { value } = input;
    const key = /** @type {'rows' | 'layers' | 'cells' | 'shown'} */ (input.dataset.state);
    const now = view.state[key];
    input.checked = Array.isArray(now) ? now.includes(value) : String(now) === value;
    input.addEventListener('change', () => {
      if (key === 'cells') change({ cells: value === 'folded' ? 'folded' : 'unrolled' });
      if (key === 'layers') change({ layers: Number(value) });
      if (key === 'rows') change({ rows: Number(value), step: view.longest });
      if (key !== 'shown') return;
      const others = view.state.shown.filter((letter) => letter !== value);
      change({ shown: input.checked ? [...others, value] : others });
    });
  }
}

/** @param {View} view */
function listenToTakeAway(view) {
  on('copy-command', () => copy(part('command').textContent, part('copied')));
  on('copy-address', () => copy(location.href, part('copied')));
  on('save-drawing', async () => download('drawing.png', await greyPng(view.drawing.grey())));
  on('save-svg', () => download('reading.svg', new Blob([pictureOf(view.charts).text], { type: 'image/svg+xml' })));
  on('save-png', async () => download('reading.png', await pngOf(pictureOf(view.charts))));
}

openSource().then(openPage, (error) => part('page').insertAdjacentText('afterbegin', error.message));
