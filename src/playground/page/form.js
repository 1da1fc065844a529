// Finds the digit in a grey picture and brings it into MNIST's form: 28 x 28 pixels, ink bright, the digit in a box of
// 20 x 20 pixels, its centre of mass in pixel (14, 14). As `rowlstm predict` does (src/data/picture/form.rs), to the byte:
// where the program computes in 32 bits, Math.fround rounds here.

import { evened, median } from './light.js';

/**
 * @typedef {import('./light.js').Grey} Grey
 * @typedef {{ width: number, values: Float32Array }} Patch A rectangle of ink, row by row, 0 for paper.
 */

/** Rows, and pixels in a row, of an image of MNIST. */
export const SIDE = 28;
/** Pixels of an image. */
export const PIXELS = SIDE * SIDE;
/** Side of the box that a digit fills. */
const BOX = 20;
/** The pixel, in both directions, that holds the centre of mass. */
const CENTRE = 14;
/** The weakest that the strongest ink of an image of MNIST is. */
const FULL_INK = 254;
/** Least difference of ink from paper, of 255. */
const FAINTEST = 16;
/** Fraction of the strongest ink that may be left on uneven paper. */
const FAINT = 1 / 8;
/** Median deviations of the paper that are not ink. */
const UNEVENNESS = 4;
const round32 = Math.fround;

/**
 * The picture in MNIST's form; `null` if nothing stands out from the paper.
 *
 * @param {Grey} picture
 * @returns {Uint8Array | null} 784 pixels, row by row from the top
 */
export function mnistForm(picture) {
  const edge = border(picture);
  const ink = inkOf(evened(picture, edge) ?? picture, edge);
  const digit = ink && cutOut(ink, picture.width);
  return digit && placed(scaled(digit));
}

/**
 * How much of each pixel is ink, 0 for paper; `null` if nothing stands out.
 *
 * @param {Grey} picture @param {number[]} edge places near an edge
 */
function inkOf({ values, width }, edge) {
  const paper = median(edge.map((at) => values[at]));
  let least = round32(UNEVENNESS * median(edge.map((at) => Math.abs(round32(values[at] - paper)))));
  let [darker, brighter] = [0, 0];
  for (let at = 0; at < values.length; at++) {
    const beyond = round32(values[at] - paper);
    brighter += Math.max(round32(beyond - least), 0);
    darker += Math.max(round32(-beyond - least), 0);
  }
  const sign = brighter > darker ? 1 : -1;
  let strongest = 0;
  for (let at = 0; at < values.length; at++) strongest = Math.max(strongest, sign * round32(values[at] - paper));
  if (least > 0) least = Math.max(least, round32(FAINT * strongest));
  if (round32(strongest - least) < FAINTEST) return null;
  const ink = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) ink[at] = Math.max(sign * round32(values[at] - paper) - least, 0);
  return least > 0 ? withoutSpecks(ink, width) : ink;
}

/** @param {Grey} picture Where the pixels near an edge of the picture are. */
function border({ width, values }) {
  const height = values.length / width;
  const deep = Math.max(Math.floor(Math.min(width, height) / 32), 1);
  const near = (/** @type {number} */ at, /** @type {number} */ size) => at < deep || at + deep >= size;
  const places = [];
  for (let y = 0; y < height; y++) {
    const row = near(y, height);
    for (let x = 0; x < width; x++) if (row || near(x, width)) places.push(y * width + x);
  }
  return places;
}

/** @param {Float32Array} ink @param {number} width The ink of which at least three of the eight neighbours are ink too. */
function withoutSpecks(ink, width) {
  const height = ink.length / width;
  return ink.map((value, at) => {
    if (value === 0) return 0;
    const [x, y] = [at % width, Math.floor(at / width)];
    let inked = -1; // The pixel itself is one of the block.
    for (let row = Math.max(y - 1, 0); row < Math.min(y + 2, height); row++) {
      for (let column = Math.max(x - 1, 0); column < Math.min(x + 2, width); column++) {
        if (ink[row * width + column] > 0) inked++;
      }
    }
    return inked >= 3 ? value : 0;
  });
}

/** @param {Float32Array} ink @param {number} width The smallest rectangle that holds all ink; `null` without ink. */
function cutOut(ink, width) {
  let [left, right, top, bottom] = [width, 0, ink.length, 0];
  for (let at = 0; at < ink.length; at++) {
    if (ink[at] === 0) continue;
    const x = at % width;
    const y = (at - x) / width;
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  if (left >= right) return null;
  const values = new Float32Array((right - left) * (bottom - top));
  for (let y = top; y < bottom; y++) {
    values.set(ink.subarray(y * width + left, y * width + right), (y - top) * (right - left));
  }
  return { width: right - left, values };
}

/** @param {Patch} patch The patch with its longer side at 20 pixels and its strongest ink at 254 at least. */
function scaled(patch) {
  const { width, values } = patch;
  const height = values.length / width;
  const longer = Math.max(width, height);
  const side = (/** @type {number} */ from) =>
    Math.min(Math.max(Math.floor((2 * BOX * from + longer) / (2 * longer)), 1), BOX);
  const across = shares(width, side(width));
  const down = shares(height, side(height));
  const means = new Float32Array(across.length * down.length);
  let at = 0;
  for (const rows of down) {
    for (const columns of across) {
      let mean = 0;
      for (const [y, part] of rows) for (const [x, other] of columns) mean += part * other * values[y * width + x];
      means[at++] = mean;
    }
  }
  const strongest = means.reduce((most, value) => Math.max(most, value), 0);
  const gain = strongest < FULL_INK ? round32(FULL_INK / strongest) : 1;
  return { width: across.length, values: means.map((value) => value * gain) };
}

/**
 * For each of `to` equal parts of a line of `from` pixels: the pixels in it, and the fraction of the part that each covers.
 *
 * @param {number} from @param {number} to
 */
function shares(from, to) {
  // In units of 1 / (from * to) of the line, so that every edge is a whole number.
  return Array.from({ length: to }, (_, index) => {
    const [start, end] = [index * from, (index + 1) * from];
    /** @type {[number, number][]} */
    const parts = [];
    for (let pixel = Math.floor(start / to); pixel < Math.ceil(end / to); pixel++) {
      parts.push([pixel, (Math.min(end, (pixel + 1) * to) - Math.max(start, pixel * to)) / from]);
    }
    return parts;
  });
}

/** @param {Patch} patch The patch on an image, its centre of mass in pixel (14, 14); what would stand outside is cut off. */
function placed({ width, values }) {
  let [sum, right, down] = [0, 0, 0];
  values.forEach((value, at) => {
    sum += value;
    right += value * ((at % width) + 0.5);
    down += value * (Math.floor(at / width) + 0.5);
  });
  const [dx, dy] = [right, down].map((moment) => CENTRE - Math.floor(moment / sum));
  const image = new Uint8Array(PIXELS);
  values.forEach((value, at) => {
    const [x, y] = [(at % width) + dx, Math.floor(at / width) + dy];
    if (x >= 0 && x < SIDE && y >= 0 && y < SIDE) image[y * SIDE + x] = Math.min(Math.floor(value + 0.5), 255);
  });
  return image;
}
