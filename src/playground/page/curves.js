// Curves of training as SVG text: loss and accuracy by training images, accuracy by units. They know nothing of the page.

import { label, rect, svg } from './charts.js';
import { thousands } from './numbers.js';

/**
 * @typedef {object} Line one network's
 * @property {number} colour 0 to 6
 * @property {string} name
 * @property {string} short what stands at its end
 * @property {[number, number][]} points joined by a line
 * @property {[number, number][]} marks alone
 */

/** Places of a chart, in its own units. */
const PLACES = { width: 400, height: 240, left: 44, right: 58, top: 10, bottom: 38 };
const LOSSES = [3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001];
const ACCURACIES = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998];
/** Heights of two labels of lines apart. */
const APART = 12;

/** @param {number} accuracy Equal distances for equal ratios of errors, so that 98 and 99 % are as far apart as 80 and 90. */
const byError = (accuracy) => -Math.log10(Math.max(1 - accuracy, 0.001));

/** @param {Line[]} lines Points are [training images, loss]. */
export function lossChart(lines) {
  const values = lines.flatMap(({ points }) => points.map(([, loss]) => loss));
  const least = Math.min(...values, 0.3);
  const ticks = LOSSES.filter((_, index) => index < 2 || LOSSES[index - 1] > least);
  const range = /** @type {[number, number]} */ ([Math.log(ticks[ticks.length - 1]), Math.log(3)]);
  const axis = ticks.map((loss) => ({ at: Math.log(loss), text: String(loss) }));
  const place = (/** @type {[number, number]} */ [x, loss]) =>
    /** @type {[number, number]} */ ([x, Math.log(Math.min(Math.max(loss, ticks[ticks.length - 1]), 3))]);
  return byImages(lines, { title: 'Training loss by training images', axis, range, place });
}

/** @param {Line[]} lines Points and marks are [training images, accuracy]. */
export function accuracyChart(lines) {
  const place = (/** @type {[number, number]} */ [x, accuracy]) =>
    /** @type {[number, number]} */ ([x, byError(accuracy)]);
  return byImages(lines, { title: 'Accuracy by training images', ...accuracyAxis(lines), place });
}

/** @param {Line[]} lines The axis of accuracies, as high as needed. */
function accuracyAxis(lines) {
  const most = Math.max(0.95, ...lines.flatMap(({ points, marks }) => [...points, ...marks].map(([, y]) => y)));
  const ticks = ACCURACIES.filter((_, index) => index < 5 || ACCURACIES[index - 1] < most);
  const range = /** @type {[number, number]} */ ([0, byError(ticks[ticks.length - 1])]);
  const axis = ticks.map((accuracy) => ({ at: byError(accuracy), text: `${Math.round(1000 * accuracy) / 10} %` }));
  return { axis, range };
}

/**
 * @param {Line[]} lines
 * @param {{ title: string, axis: { at: number, text: string }[], range: [number, number], place: (point: [number, number]) => [number, number] }} chart
 */
function byImages(lines, { title, axis, range, place }) {
  const most = Math.max(100, ...lines.flatMap(({ points, marks }) => [...points, ...marks].map(([x]) => x)));
  const step = niceStep(most);
  const ticks = [];
  for (let x = 0; x <= most; x += step) ticks.push({ at: x, text: short(x) });
  const frame = framed({ x: { range: [0, most], ticks }, y: { range, ticks: axis }, below: 'training images read' });
  const drawn = lines.map(({ colour, points, marks }) => {
    const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${frame.at(place(point)).join(' ')}`).join('');
    const dots = marks.map((mark) => dot(`f${colour}`, frame.at(place(mark)), 3));
    // A line of one point is not seen.
    if (points.length === 1) dots.push(dot(`f${colour}`, frame.at(place(points[0])), 1.5));
    return `<path class="l${colour}" d="${path}"/>${dots.join('')}`;
  });
  const ends = lines.flatMap(({ colour, short: text, points }) => {
    const last = points.at(-1);
    return last ? [{ colour, text, y: frame.at(place(last))[1] }] : [];
  });
  const description = lines.map(({ name, points, marks }) => said(name, points.at(-1), marks.at(-1))).join(' ');
  return svg({
    ...PLACES,
    title,
    description: description || 'Nothing has been trained yet.',
    content: frame.content + drawn.join('') + endLabels(ends),
  });
}

/**
 * Accuracy against units; one mark for each network.
 *
 * @param {{ units: number, accuracy: number, colour: number | null, learning: boolean }[]} networks
 */
export function unitsChart(networks) {
  const powers = networks.map(({ units }) => Math.log2(units));
  const low = Math.floor(Math.min(2, ...powers));
  const high = Math.ceil(Math.max(8, ...powers));
  const ticks = [];
  for (let power = low; power <= high; power++) ticks.push({ at: power, text: String(2 ** power) });
  const lines = networks.map(({ units, accuracy }) => ({
    colour: 0,
    name: '',
    short: '',
    points: [],
    marks: /** @type {[number, number][]} */ ([[units, accuracy]]),
  }));
  const { axis, range } = accuracyAxis(lines);
  const frame = framed({
    x: { range: [low - 0.3, high + 0.3], ticks },
    y: { range, ticks: axis },
    below: 'num_units',
    wide: true,
  });
  const marks = networks.map(({ units, accuracy, colour, learning }) => {
    const className = learning ? `o${colour ?? 6}` : `f${colour ?? 6}`;
    return dot(className, frame.at([Math.log2(units), byError(accuracy)]), learning ? 5 : 4);
  });
  const said = [...byUnits(networks)].map(([units, accuracies]) => {
    const [least, most] = [Math.min(...accuracies), Math.max(...accuracies)].map((a) => (100 * a).toFixed(1));
    if (accuracies.length === 1) return `${units} units: ${most} %.`;
    return `${accuracies.length} networks of ${units} units: ${least} to ${most} %.`;
  });
  return svg({
    ...PLACES,
    title: 'Accuracy on validation images by units',
    description: said.join(' ') || 'Nothing has been trained yet.',
    content: frame.content + marks.join(''),
  });
}

/** @param {{ units: number, accuracy: number }[]} networks @returns {Map<number, number[]>} accuracies by units */
function byUnits(networks) {
  const groups = new Map();
  for (const { units, accuracy } of networks) groups.set(units, [...(groups.get(units) ?? []), accuracy]);
  return new Map([...groups].sort(([a], [b]) => a - b));
}

/** @param {string} className @param {[number, number]} place @param {number} radius */
function dot(className, [x, y], radius) {
  return `<circle class="${className}" cx="${x}" cy="${y}" r="${radius}"/>`;
}

/**
 * @typedef {{ range: [number, number], ticks: { at: number, text: string }[] }} Axis
 * @param {{ x: Axis, y: Axis, below: string, wide?: boolean }} axes
 */
function framed({ x, y, below, wide = false }) {
  const { width, height, left, right, top, bottom } = PLACES;
  const across = width - left - (wide ? 12 : right);
  const down = height - top - bottom;
  const part = (/** @type {number} */ value, /** @type {[number, number]} */ [from, to]) =>
    (value - from) / (to - from);
  const round = (/** @type {number} */ value) => Math.round(10 * value) / 10;
  const at = (/** @type {[number, number]} */ [px, py]) =>
    /** @type {[number, number]} */ ([
      round(left + across * part(px, x.range)),
      round(top + down * (1 - part(py, y.range))),
    ]);
  const lines = y.ticks.map(({ at: value, text }) => {
    const level = at([x.range[0], value])[1];
    return `<path class="grid" d="M${left} ${level}h${across}"/>${label(text, left - 5, level + 3.5, { anchor: 'end' })}`;
  });
  const marks = x.ticks.map(({ at: value, text }) => label(text, at([value, 0])[0], height - bottom + 14));
  const content =
    rect('paper', 0, 0, width, height) +
    lines.join('') +
    `<path class="axis" d="M${left} ${height - bottom}h${across}"/>` +
    marks.join('') +
    label(below, left + across / 2, height - 6);
  return { at, content };
}

/** The names of lines at their ends, moved apart where they would cover each other. @param {{ colour: number, text: string, y: number }[]} ends */
function endLabels(ends) {
  const { width, right, top, height, bottom } = PLACES;
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  let free = top;
  const places = sorted.map(({ y }) => {
    const place = Math.max(y, free);
    free = place + APART;
    return place;
  });
  // What was pushed below the axis goes up again.
  let most = height - bottom + 2;
  for (let index = places.length - 1; index >= 0; index--) {
    places[index] = Math.min(places[index], most);
    most = places[index] - APART;
  }
  return sorted
    .map(({ colour, text }, index) =>
      label(text, width - right + 6, places[index] + 3.5, { anchor: 'start', className: `f${colour}` }),
    )
    .join('');
}

/** @param {string} name @param {[number, number] | undefined} point @param {[number, number] | undefined} mark */
function said(name, point, mark) {
  const value = (/** @type {number} */ number) => number.toPrecision(3);
  if (!point) return `${name}: nothing yet.`;
  const validation = mark ? `, ${value(mark[1])} on validation images` : '';
  return `${name}: ${value(point[1])} after ${thousands(point[0])} images${validation}.`;
}

/** @param {number} most A step of 1, 2 or 5 times a power of ten, so that there are three to seven. */
export function niceStep(most) {
  const power = 10 ** Math.floor(Math.log10(most / 3));
  return power * (most / 3 / power >= 5 ? 5 : most / 3 / power >= 2 ? 2 : 1);
}

/** @param {number} images */
function short(images) {
  if (images >= 1e6) return `${images / 1e6} M`;
  return images >= 1000 ? `${images / 1000} k` : String(images);
}
