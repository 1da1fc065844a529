// Charts as SVG text: the image, and what a network does while it reads it. They know nothing of the page; colours are the
// classes of the program's charts (src/plot/colours.rs).

import { SIDE } from './form.js';
import { CLASSES } from './lstm.js';
import { escaped, percent } from './numbers.js';

/**
 * @typedef {object} Map values by timestep and column, each -1 to 1
 * @property {number} columns
 * @property {number} steps timesteps of the whole sequence
 * @property {number} done timesteps that are drawn
 * @property {(t: number, column: number) => number} value
 * @property {number} scale what 1 stands for
 * @property {[string, string]} classes of values above and below 0
 */

/** Shades from nothing to full colour. */
const SHADES = 8;
/** Places of a reading chart, in its own units; the page finds what is pointed at by them. */
export const PLACES = {
  width: 234,
  left: 27,
  units: 124,
  belief: 163,
  digits: 70,
  top: 18,
  rows: 168,
  bars: 48,
  gap: 22,
};
/** Height of a reading chart. */
export const READING_HEIGHT = PLACES.top + PLACES.rows + PLACES.gap + PLACES.bars + 14;

/** Probabilities are never below 0. @type {[string, string]} */
const HEAT = ['heat', 'heat'];

let made = 0;

/**
 * An SVG with its text alternative.
 *
 * @param {{ width: number, height: number, title: string, description: string, content: string }} parts
 */
export function svg({ width, height, title, description, content }) {
  const id = `chart-${made++}`;
  return `<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id} ${id}d">
<title id="${id}">${escaped(title)}</title><desc id="${id}d">${escaped(description)}</desc>${content}</svg>`;
}

/** @param {number} value */
const short = (value) => String(Math.round(value * 100) / 100);

/** @param {string} className @param {number} x @param {number} y @param {number} width @param {number} height */
export function rect(className, x, y, width, height) {
  return `<rect class="${className}" x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"/>`;
}

/**
 * @param {string} text @param {number} x @param {number} y
 * @param {{ anchor?: string, className?: string, size?: number }} [look]
 */
export function label(text, x, y, { anchor = 'middle', className = 'soft', size = 10 } = {}) {
  return `<text class="${className}" x="${short(x)}" y="${short(y)}" font-size="${size}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

/**
 * A heat map: one path for all squares of a shade.
 *
 * @param {Map} map @param {number} x @param {number} y @param {number} width @param {number} height
 */
export function heat({ columns, steps, done, value, classes }, x, y, width, height) {
  const paths = new Array(2 * SHADES + 1).fill('');
  for (let t = 0; t < done; t++) {
    let start = 0;
    let shade = 0;
    for (let column = 0; column <= columns; column++) {
      const next = column < columns ? Math.round(SHADES * Math.min(Math.max(value(t, column), -1), 1)) : 0;
      if (next === shade && column < columns) continue;
      if (shade !== 0) paths[shade + SHADES] += `M${start} ${t}h${column - start}v1h${start - column}z`;
      [start, shade] = [column, next];
    }
  }
  const place = `translate(${short(x)} ${short(y)}) scale(${width / columns} ${height / steps})`;
  const drawn = paths.map((d, index) => {
    const shade = index - SHADES;
    if (d === '') return '';
    const opacity = short(Math.abs(shade) / SHADES);
    return `<path class="${classes[shade > 0 ? 0 : 1]}" fill-opacity="${opacity}" transform="${place}" d="${d}"/>`;
  });
  return drawn.join('') + rect('grid', x, y, width, height);
}

/**
 * The image as the network sees it, with a frame around the pixels of the timestep.
 *
 * @param {Uint8Array} image @param {number[]} places of the timestep; none if nothing is being read
 * @param {string} description
 */
export function imageChart(image, places, description) {
  const cells = Array.from(image, (value, at) => {
    if (value === 0) return '';
    const opacity = short(value / 255);
    return `<rect class="ink" fill-opacity="${opacity}" x="${at % SIDE}" y="${Math.floor(at / SIDE)}" width="1" height="1"/>`;
  });
  const rows = new Set(places.map((place) => Math.floor(place / SIDE)));
  const whole = places.length % SIDE === 0 && rows.size === places.length / SIDE;
  const frame = whole
    ? rect('o1 front-row', 0, Math.min(...rows), SIDE, rows.size)
    : places.map((place) => rect('f1 touched', place % SIDE, Math.floor(place / SIDE), 1, 1)).join('');
  return svg({
    width: SIDE,
    height: SIDE,
    title: 'The image that the networks read',
    description,
    content: rect('paper', 0, 0, SIDE, SIDE) + cells.join('') + (places.length > 0 ? frame : ''),
  });
}

/**
 * What one layer holds after each timestep, beside what the network believes; below both, this timestep.
 *
 * @param {object} chart
 * @param {Map} chart.map by unit
 * @param {Float32Array[] | null} chart.beliefs after each timestep that is done; `null` leaves them out
 * @param {number | null} chart.unit a unit to mark
 * @param {string} chart.letter of what is shown: h, c, i, f, g or o
 * @param {string} chart.title
 * @param {string} chart.description
 */
export function readingChart({ map, beliefs, unit, letter, title, description }) {
  const { left, units, belief, digits, top, rows, gap } = PLACES;
  const { steps, done, columns } = map;
  const low = top + rows + gap;
  const rowY = (/** @type {number} */ t) => top + (rows * t) / steps;
  const marks = [...new Set([1, Math.round(steps / 2), steps])];
  const parts = [
    label(columns === 1 ? `${letter} of 1 unit` : `${letter} of ${columns} units`, left, 11, { anchor: 'start' }),
    ...marks.map((t) => label(String(t), left - 4, rowY(t - 0.5) + 3.5, { anchor: 'end' })),
    heat(map, left, top, units, rows),
    bars(map, low),
  ];
  if (beliefs) {
    const value = (/** @type {number} */ t, /** @type {number} */ digit) => beliefs[t][digit];
    for (let digit = 0; digit < CLASSES; digit++) {
      parts.push(label(String(digit), belief + (digits * (digit + 0.5)) / CLASSES, 11, { size: 9 }));
    }
    const map = { columns: CLASSES, steps, done, value, scale: 1, classes: HEAT };
    parts.push(heat(map, belief, top, digits, rows), probabilities(done > 0 ? beliefs[done - 1] : null, low));
  }
  for (const [x, width] of done === 0
    ? []
    : beliefs
      ? [
          [left, units],
          [belief, digits],
        ]
      : [[left, units]]) {
    parts.push(
      `<rect class="now" x="${x}" y="${short(rowY(done - 1))}" width="${width}" height="${short(rows / steps)}"/>`,
    );
  }
  if (unit !== null && unit < columns) {
    const width = Math.max(units / columns, 3);
    const middle = left + (units * (unit + 0.5)) / columns;
    const height = low + PLACES.bars - top + 2;
    parts.push(
      `<rect class="chosen-unit" x="${short(middle - width / 2)}" y="${top - 1}" width="${short(width)}" height="${height}"/>`,
    );
  }
  return svg({ width: PLACES.width, height: READING_HEIGHT, title, description, content: parts.join('') });
}

/** The columns' values at the last timestep as bars up and down. @param {Map} map @param {number} top */
function bars({ columns, done, value, scale, classes }, top) {
  const { left, units, bars: height } = PLACES;
  const zero = top + height / 2;
  const width = units / columns;
  const parts = [`<path class="axis" d="M${left} ${zero}h${units}"/>`];
  for (const [text, y] of /** @type {[string, number][]} */ ([
    [`+${short(Math.round(10 * scale) / 10)}`, top + 6],
    [`−${short(Math.round(10 * scale) / 10)}`, top + height],
  ])) {
    parts.push(label(text, left - 3, y, { anchor: 'end', size: 9 }));
  }
  for (let column = 0; done > 0 && column < columns; column++) {
    const now = Math.min(Math.max(value(done - 1, column), -1), 1);
    const long = (Math.abs(now) * height) / 2;
    const thin = width > 2 ? width - 0.75 : width;
    parts.push(rect(classes[now > 0 ? 0 : 1], left + column * width, now > 0 ? zero - long : zero, thin, long));
  }
  return parts.join('');
}

/** @param {Float32Array | null} belief @param {number} top */
function probabilities(belief, top) {
  const { belief: left, digits, bars: height } = PLACES;
  const width = digits / CLASSES;
  const parts = [`<path class="axis" d="M${left} ${top + height}h${digits}"/>`];
  belief?.forEach((probability, digit) => {
    const long = probability * height;
    parts.push(rect('heat', left + digit * width + 0.5, top + height - long, width - 1, long));
  });
  for (let digit = 0; digit < CLASSES; digit++) {
    parts.push(label(String(digit), left + width * (digit + 0.5), top + height + 11, { size: 9 }));
  }
  return parts.join('');
}

/**
 * What a reading chart says at a place, in words; `null` beside its maps.
 *
 * @param {Map} map @param {Float32Array[] | null} beliefs @param {{ x: number, y: number }} place in the chart's own units
 */
export function partAt({ columns, steps, done }, beliefs, { x, y }) {
  const { left, units, belief, digits, top, rows, gap, bars: high } = PLACES;
  const below = y >= top + rows + gap - 4 && y <= top + rows + gap + high;
  const t = below ? done - 1 : Math.floor(((y - top) * steps) / rows);
  if (t < 0 || t >= done) return null;
  const unit = Math.floor(((x - left) * columns) / units);
  if (unit >= 0 && unit < columns) return { t, unit, text: null };
  const digit = Math.floor(((x - belief) * CLASSES) / digits);
  if (!beliefs || digit < 0 || digit >= CLASSES) return null;
  return { t, unit: null, text: `digit ${digit}: ${percent(beliefs[t][digit])}` };
}
