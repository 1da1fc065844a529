// Uneven light: the brightness of the paper as a smooth surface, and the picture without it. As src/data/picture/light.rs,
// whose comments give the reasons; all arithmetic is in 64 bits there, as here.

/** @typedef {{ width: number, values: Float32Array }} Grey Pixels in a row; row by row from the top, 0 black to 255 white. */

/** Coefficients of a surface: of 1, x, y, x², xy and y², with x and y from -1 to 1 across and down the picture. */
const TERMS = 6;
const FITS = 6;
const PAPER = 4;
const LEVELS = 3;
const DARKEST = 16;

/**
 * The picture as even light would show it; `null` if the light is even, if the paper is too dark, and if the border's median
 * deviation is not halved.
 *
 * @param {Grey} picture
 * @param {number[]} border the pixels that are paper for the most part
 * @returns {Grey | null}
 */
export function evened(picture, border) {
  const { width, values } = picture;
  const paper = median(border.map((at) => values[at]));
  const uneven = median(border.map((at) => Math.abs(values[at] - paper)));
  if (uneven === 0) return null;
  const all = Array.from(values, (_, at) => at);
  const terms = all.map((at) => termsAt(at, width, values.length / width));
  /** @type {number[] | null} */
  let surface = [paper, 0, 0, 0, 0, 0];
  for (let fit = 0; fit < FITS; fit++) {
    const now = surface;
    const off = (/** @type {number} */ at) => Math.abs(values[at] - height(now, terms[at]));
    const near = Math.max(PAPER * median(border.map(off)), LEVELS);
    const pixels = (fit < FITS / 2 ? border : all).filter((at) => off(at) <= near);
    surface = fitted(pixels, terms, values);
    if (surface === null) return null;
  }
  const found = surface;
  const heights = all.map((at) => height(found, terms[at]));
  if (heights.some((level) => level < DARKEST)) return null;
  const even = (/** @type {number} */ at) => (values[at] / heights[at]) * paper;
  const left = median(border.map((at) => Math.abs(even(at) - paper)));
  return 2 * left <= uneven ? { width, values: Float32Array.from(all, even) } : null;
}

/** @param {ArrayLike<number>} values The middle value, of an even number of them the lower; there is at least one. */
export function median(values) {
  return Float64Array.from(values).sort()[(values.length - 1) >> 1];
}

/** @param {number} at @param {number} width @param {number} height */
function termsAt(at, width, height) {
  const x = (2 * (at % width) + 1) / width - 1;
  const y = (2 * Math.floor(at / width) + 1) / height - 1;
  return [1, x, y, x * x, x * y, y * y];
}

/** @param {number[]} surface @param {number[]} terms */
function height(surface, terms) {
  let sum = 0;
  for (let index = 0; index < TERMS; index++) sum += terms[index] * surface[index];
  return sum;
}

/**
 * The surface of least squares through the values of some pixels; `null` if they do not determine one.
 *
 * @param {number[]} pixels @param {number[][]} terms @param {Float32Array} values
 */
function fitted(pixels, terms, values) {
  // The normal equations, with the right side in the last column.
  const rows = Array.from({ length: TERMS }, () => new Float64Array(TERMS + 1));
  for (const at of pixels) {
    for (let row = 0; row < TERMS; row++) {
      const term = terms[at][row];
      for (let column = 0; column < TERMS; column++) rows[row][column] += term * terms[at][column];
      rows[row][TERMS] += term * values[at];
    }
  }
  return solved(rows);
}

/** @param {Float64Array[]} rows Gauss-Jordan elimination; `null` if the equations are singular. */
function solved(rows) {
  for (let pivot = 0; pivot < TERMS; pivot++) {
    const row = rows[pivot].slice();
    if (row[pivot] <= 1e-9 * Math.max(rows[0][0], 1)) return null;
    rows.forEach((other, index) => {
      const factor = index === pivot ? 1 - 1 / row[pivot] : other[pivot] / row[pivot];
      for (let column = 0; column <= TERMS; column++) other[column] -= factor * row[column];
    });
  }
  return rows.map((row) => row[TERMS]);
}
