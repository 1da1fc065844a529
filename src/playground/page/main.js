// The page: what happens when a reader does something.

import { doubt, likeness } from './likeness.js';
import { listen, paint } from './pad.js';
import { picker } from './picker.js';
import { Player } from './player.js';
import { nextDisputed } from './reading.js';
import { openSource } from './source.js';
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

/** Shows a page that has networks. @param {import('./source.js').Source} source */
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

  change({ networks: view.state.networks });
  paintPad();
  return {
    view,
    /** A network is new or has other weights; `show` puts it side by side with the others. @param {string} name @param {boolean} show */
    changed(name, show) {
      const { networks } = view.state;
      if (show && !networks.includes(name)) change({ networks: [...networks.slice(0, BESIDE - 1), name] });
      else view.readAgain(name);
      showChoices();
    },
  };
}

/** Adds the training panel to a served page, which may have no network yet. @param {import('./source.js').Source} source */
function openPage(source) {
  const { laboratory, candidates } = source;
  const begin = () => {
    part('page').classList.remove('empty');
    return start(source);
  };
  let page = candidates.length > 0 ? begin() : null;
  part('train-how').hidden = laboratory !== null;
  if (laboratory !== null) {
    new Training(
      { ...source, laboratory },
      {
        changed: (name, show) => {
          page ??= begin();
          page.changed(name, show);
        },
        shows: (name) => page !== null && page.view.state.networks.includes(name),
        answer: (name) => page && page.view.answer(name),
      },
    );
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
