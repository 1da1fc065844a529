// The state of the page, and its text in the address's fragment: who opens the address sees the same.

/**
 * @typedef {import('./strokes.js').Stroke} Stroke
 * @typedef {'unrolled' | 'folded'} Cells
 * @typedef {object} State
 * @property {number | null} image the test image on the table, if any
 * @property {Stroke[]} strokes the drawing, if there is no test image
 * @property {'broad' | 'thin'} pen with which it is drawn
 * @property {string[]} networks names of up to four networks; the first is the slider's
 * @property {number} step timesteps that have been read; beyond the last one: all
 * @property {number} rows rows of the image that are read at all: 7, 14, 21 or 28
 * @property {string[]} shown quantities besides the hidden state, of `QUANTITIES`
 * @property {number | null} unit the unit, from 0, whose equation is open
 * @property {number} of which of the shown networks it belongs to, from 0
 * @property {number} layers layers drawn in the third section, 1 or 2
 * @property {Cells} cells how the cell is drawn there
 */

/** What a network computes besides its hidden state, by the letter of its equation. */
export const QUANTITIES = ['c', 'i', 'f', 'g', 'o'];
/** Most networks side by side. */
export const BESIDE = 4;
/** Rows after which reading may end. */
export const ENDS = [7, 14, 21, 28];
/** Most timesteps of an image, one for each pixel. */
const MOST_STEPS = 784;
/** Places of a stroke's points in a fragment, across and down. */
const PLACES = 256;
/** Most points of a fragment's drawing. */
const MOST_POINTS = 4000;

/** @returns {State} Before anything was done. */
export function initialState() {
  return {
    image: 0,
    strokes: [],
    pen: 'broad',
    networks: [],
    step: MOST_STEPS,
    rows: 28,
    shown: [],
    unit: null,
    of: 0,
    layers: 1,
    cells: 'unrolled',
  };
}

/** @param {State} state @returns {string} the fragment, without its # */
export function toFragment(state) {
  const parts = new URLSearchParams();
  if (state.image !== null) parts.set('image', String(state.image));
  else if (state.strokes.length > 0) parts.set('drawing', packed(state.strokes));
  if (state.pen !== 'broad') parts.set('pen', state.pen);
  for (const name of state.networks) parts.append('network', name);
  parts.set('step', String(state.step));
  if (state.rows !== 28) parts.set('rows', String(state.rows));
  if (state.shown.length > 0) parts.set('show', state.shown.join(''));
  if (state.unit !== null) parts.set('unit', String(state.unit));
  if (state.of !== 0) parts.set('of', String(state.of));
  if (state.layers !== 1) parts.set('layers', String(state.layers));
  if (state.cells !== 'unrolled') parts.set('cells', state.cells);
  return parts.toString();
}

/**
 * The state of a fragment. What it does not say, or says wrongly, is as it was at first.
 *
 * @param {string} fragment
 * @param {{ names: string[], images: number, defaults: string[] }} known what the page holds
 * @returns {State}
 */
export function fromFragment(fragment, { names, images, defaults }) {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''));
  const state = initialState();
  const whole = (/** @type {string} */ key, /** @type {number} */ most) => {
    const text = parts.get(key) ?? '';
    return /^\d{1,5}$/.test(text) && Number(text) <= most ? Number(text) : null;
  };
  const drawing = unpacked(parts.get('drawing') ?? '');
  state.image = whole('image', images - 1) ?? (drawing.length > 0 ? null : 0);
  if (state.image === null) state.strokes = drawing;
  if (parts.get('pen') === 'thin') state.pen = 'thin';
  const asked = networksOf(fragment).filter((name) => names.includes(name));
  const unique = asked.slice(0, BESIDE);
  state.networks = unique.length > 0 ? unique : defaults;
  state.step = whole('step', MOST_STEPS) ?? state.step;
  state.rows = ENDS.find((rows) => rows === whole('rows', 28)) ?? state.rows;
  state.shown = QUANTITIES.filter((letter) => (parts.get('show') ?? '').includes(letter));
  state.unit = whole('unit', 4095);
  state.of = whole('of', state.networks.length - 1) ?? 0;
  state.layers = whole('layers', 2) === 2 ? 2 : 1;
  state.cells = parts.get('cells') === 'folded' ? 'folded' : 'unrolled';
  return state;
}

/** The names of the networks in a fragment. @param {string} fragment */
export function networksOf(fragment) {
  return [...new Set(new URLSearchParams(fragment.replace(/^#/, '')).getAll('network'))];
}

/** @param {Stroke[]} strokes Two base-16 digits for each coordinate; strokes are apart by a point. */
function packed(strokes) {
  const digits = (/** @type {number} */ part) => {
    const place = Math.min(Math.max(Math.floor(part * PLACES), 0), PLACES - 1);
    return place.toString(16).padStart(2, '0');
  };
  return strokes.map((stroke) => stroke.flat().map(digits).join('')).join('.');
}

/** @param {string} text @returns {Stroke[]} */
function unpacked(text) {
  if (!/^[0-9a-f.]+$/.test(text) || text.length > 4 * MOST_POINTS) return [];
  const strokes = text.split('.').map((digits) => {
    const points = digits.match(/[0-9a-f]{4}/g) ?? [];
    const part = (/** @type {string} */ two) => (Number.parseInt(two, 16) + 0.5) / PLACES;
    return points.map((point) => /** @type {[number, number]} */ ([part(point.slice(0, 2)), part(point.slice(2))]));
  });
  return strokes.filter((stroke) => stroke.length > 0);
}

/**
 * A stroke as a fragment keeps it, so that a drawing is the same when its address is opened again.
 *
 * @param {import('./strokes.js').Point} point
 * @returns {import('./strokes.js').Point}
 */
export function onGrid(point) {
  const [x, y] = point.map((part) => {
    return (Math.min(Math.max(Math.floor(part * PLACES), 0), PLACES - 1) + 0.5) / PLACES;
  });
  return [x, y];
}
