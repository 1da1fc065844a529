// A network reads an image: the sequence that it sees, what each layer computes, and what it would answer after each
// timestep.

import { SIDE } from './form.js';
import { CLASSES, highest, logits, readSequence, softmax } from './lstm.js';

/**
 * @typedef {import('./candidate.js').Candidate} Candidate
 * @typedef {object} Reading
 * @property {Candidate} candidate
 * @property {Float32Array} sequence [T, W]
 * @property {import('./lstm.js').Trace[]} traces one for each layer
 * @property {Float32Array[]} beliefs probabilities of the ten digits after each timestep
 */

/**
 * @param {Candidate} candidate
 * @param {Uint8Array} image 784 pixels
 * @param {number} [rows] of 28 after which reading ends
 * @returns {Reading}
 */
export function read(candidate, image, rows = SIDE) {
  const { network, timesteps } = candidate;
  const last = Math.max(Math.round((timesteps * rows) / SIDE), 1);
  const sequence = sequenceOf(candidate, image).subarray(0, last * network.inputs);
  const traces = readSequence(network, sequence);
  const { hidden, steps, units } = traces[traces.length - 1];
  const beliefs = Array.from({ length: steps }, (_, t) =>
    softmax(logits(network, hidden.subarray(t * units, (t + 1) * units))),
  );
  return { candidate, sequence, traces, beliefs };
}

/** @param {Candidate} candidate @param {Uint8Array} image The pixels that are read, in order, 0 to 1. */
function sequenceOf({ sources }, image) {
  return Float32Array.from(sources ?? image, (value) => (sources ? image[value] : value) / 255);
}

/** The probability of each digit when nothing has been read: the head of a hidden state of zeros. @param {Candidate} candidate */
export function beliefBefore({ network }) {
  return softmax(network.headBias);
}

/**
 * What the network answers after `step` timesteps.
 *
 * @param {Reading} reading @param {number} step 1 to T
 */
export function answerAfter({ beliefs }, step) {
  const digit = highest(beliefs[step - 1]);
  return { digit, probability: beliefs[step - 1][digit] };
}

/**
 * The timesteps that a network has done when the clock, which counts the timesteps of the longest sequence, stands at `step`.
 *
 * @param {number} step @param {number} longest @param {Candidate} candidate
 */
export function stepsOf(step, longest, { timesteps }) {
  return Math.floor((Math.min(step, longest) * timesteps) / longest);
}

/**
 * The places in the image that a network reads at a timestep, from 0.
 *
 * @param {Candidate} candidate @param {number} t
 */
export function placesAt({ sources, network: { inputs } }, t) {
  return Array.from({ length: inputs }, (_, index) => sources?.[t * inputs + index] ?? t * inputs + index);
}

/** How a timestep's slice of the image is called. @param {Candidate} candidate @param {number} t from 0 */
export function sliceName({ sources, network: { inputs } }, t) {
  const first = sources ? sources[t * inputs] : t * inputs;
  const isRow =
    inputs === SIDE && first % SIDE === 0 && (!sources || sources[t * inputs + SIDE - 1] === first + SIDE - 1);
  return isRow ? `row ${first / SIDE + 1}` : `slice ${t + 1}`;
}

/**
 * The next image after `from` that the networks read differently; `null` if there is none.
 *
 * @param {Candidate[]} candidates @param {{ pixels: Uint8Array }[]} images @param {number} from
 */
export function nextDisputed(candidates, images, from) {
  for (let ahead = 1; ahead <= images.length; ahead++) {
    const index = (from + ahead) % images.length;
    const answers = candidates.map((candidate) => {
      const reading = read(candidate, images[index].pixels);
      return answerAfter(reading, reading.beliefs.length).digit;
    });
    if (new Set(answers).size > 1) return index;
  }
  return null;
}

/** Parameters of one layer: 4U(W + U + 1). @param {number} units @param {number} inputs */
export function layerParameters(units, inputs) {
  return 4 * units * (inputs + units + 1);
}

/** All parameters of a network. @param {import('./lstm.js').Network} network */
export function parameters({ units, layers }) {
  const lstm = layers.reduce((sum, { inputs }) => sum + layerParameters(units, inputs), 0);
  return lstm + CLASSES * (units + 1);
}
