// How like a digit an image is, whatever a network makes of it: by its outline, compared with training images of MNIST, and
// by the breadth of its strokes. The measure is that of `rowlstm predict` (src/data/picture/likeness.rs, which describes it
// and names its source); fewer digits are known here, so that they fit into a page, and the limit is theirs.

import { PIXELS, SIDE } from './form.js';

/** @typedef {{ distance: number, solid: number }} Likeness As in the program. */

/** The nearest known digits, whose mean distance counts. */
const NEAREST = 3;
/** Places across and down, each 4 pixels from the next. */
const PLACES = 7;
/** Directions that an edge may face. */
const DIRECTIONS = 12;
/** Numbers that describe an outline. */
const NUMBERS = PLACES * PLACES * DIRECTIONS;
/** What each pixel adds to the distance by which the ink is wider than high. */
const WIDER = 0.01;
/** Side of the square of ink by which the breadth of strokes is judged, in pixels. */
const SQUARE = 7;
/** Weights of a blur of standard deviation 1. */
const BLUR = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16];
/** The most ink in a square of a digit, as a fraction of full ink. */
const FULLEST = 0.99;

/**
 * How like a digit an image in MNIST's form is.
 *
 * @param {Uint8Array} image
 * @param {Float32Array[]} known outlines of digits, at least three
 * @returns {Likeness}
 */
export function likeness(image, known) {
  const own = outline(image);
  const nearest = new Array(NEAREST).fill(Infinity);
  for (const other of known) {
    const distance = hellinger(own, other);
    if (distance >= nearest[NEAREST - 1]) continue;
    nearest[NEAREST - 1] = distance;
    nearest.sort((a, b) => a - b);
  }
  const mean = nearest.reduce((sum, distance) => sum + distance, 0) / NEAREST;
  return { distance: mean + WIDER * wider(image), solid: solid(image) };
}

/**
 * Why the image is unlike any digit; `null` if it may be one.
 *
 * @param {Likeness} likeness
 * @param {number} farthest the largest distance of a digit
 */
export function doubt({ distance, solid }, farthest) {
  if (solid > FULLEST) return 'it is a blob, broader than strokes';
  if (distance <= farthest) return null;
  return `its outline is ${distance.toFixed(2)} from MNIST's digits (limit ${farthest.toFixed(2)})`;
}

/**
 * The square root of the fraction of all edges in each place and direction; zeros without ink.
 *
 * @param {Uint8Array} image
 */
export function outline(image) {
  const ink = blurred(image);
  const numbers = new Float32Array(NUMBERS);
  let sum = 0;
  for (let y = 1; y < SIDE - 1; y++) {
    for (let x = 1; x < SIDE - 1; x++) {
      const at = y * SIDE + x;
      const right = ink[at + 1] - ink[at - 1];
      const down = ink[at + SIDE] - ink[at - SIDE];
      const edge = Math.hypot(right, down);
      if (edge === 0) continue;
      const turns = Math.atan2(down, right) / (2 * Math.PI);
      // An edge counts for the two nearest directions and the two nearest places across and down.
      for (const [direction, facing] of nearestTwo(turns * DIRECTIONS)) {
        const faced = (direction + DIRECTIONS) % DIRECTIONS;
        for (const [row, high] of NEAR[y]) {
          for (const [column, broad] of NEAR[x]) {
            numbers[(row * PLACES + column) * DIRECTIONS + faced] += edge * facing * high * broad;
            sum += edge * facing * high * broad;
          }
        }
      }
    }
  }
  return numbers.map((number) => (sum > 0 ? Math.sqrt(number / sum) : 0));
}

/** @param {number} number The whole numbers below and above, and how near each is. @returns {[number, number][]} */
function nearestTwo(number) {
  const below = Math.floor(number);
  return [
    [below, below + 1 - number],
    [below + 1, number - below],
  ];
}

/** For each pixel of a line the places that it is nearest to, and how much of it belongs to each. */
const NEAR = Array.from({ length: SIDE }, (_, pixel) =>
  // The first place is at 1.5 pixels.
  nearestTwo((pixel - 1.5) / 4).filter(([place]) => place >= 0 && place < PLACES),
);

/** @param {Uint8Array} image The ink, 0 to 1, blurred across and down; outside is paper. */
function blurred(image) {
  const across = new Float32Array(PIXELS);
  const both = new Float32Array(PIXELS);
  for (let at = 0; at < PIXELS; at++) {
    const x = at % SIDE;
    for (let tap = 0; tap < 5; tap++) {
      if (x + tap >= 2 && x + tap - 2 < SIDE) across[at] += (BLUR[tap] * image[at + tap - 2]) / 255;
    }
  }
  for (let at = 0; at < PIXELS; at++) {
    for (let tap = 0; tap < 5; tap++) {
      const from = at + (tap - 2) * SIDE;
      if (from >= 0 && from < PIXELS) both[at] += BLUR[tap] * across[from];
    }
  }
  return both;
}

/** @param {Float32Array} a @param {Float32Array} b The Euclidean distance of two descriptions, each of length 1. */
function hellinger(a, b) {
  let sum = 0;
  for (let index = 0; index < NUMBERS; index++) sum += a[index] * b[index];
  return Math.sqrt(Math.max(2 - 2 * sum, 0));
}

/** @param {Uint8Array} image By how many pixels the ink is wider than high; 0 if it is not. */
function wider(image) {
  let [left, right, top, bottom] = [SIDE, 0, SIDE, 0];
  image.forEach((value, at) => {
    if (value === 0) return;
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  return Math.max(right - left - (bottom - top), 0);
}

/** @param {Uint8Array} image The most ink in a square, as a fraction of full ink. */
function solid(image) {
  let most = 0;
  for (let y = 0; y <= SIDE - SQUARE; y++) {
    for (let x = 0; x <= SIDE - SQUARE; x++) {
      let ink = 0;
      for (let row = y; row < y + SQUARE; row++) {
        for (let column = x; column < x + SQUARE; column++) ink += image[row * SIDE + column];
      }
      most = Math.max(most, ink);
    }
  }
  return most / (255 * SQUARE * SQUARE);
}
