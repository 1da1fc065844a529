// Networks that may be shown: how they are made of stored weights, called and ordered.

import { networkOf } from './lstm.js';
import { count } from './numbers.js';
import { parseSafetensors } from './safetensors.js';

/**
 * @typedef {object} Candidate a network that may be shown
 * @property {string} name the run's
 * @property {string} [path] what a command calls it, if not by its name
 * @property {string} label what the page calls it: its units, and what else distinguishes it
 * @property {import('./lstm.js').Network} network
 * @property {number} timesteps
 * @property {number[] | null} sources the place in the image of each pixel that is read; `null`: all, in order
 * @property {string[]} view what is read other than whole images, in words
 * @property {number | null} seed of the run, if it is one
 * @property {number | null} epochs
 * @property {number | null} accuracy on the 10,000 test images, a fraction
 * @property {Uint8Array} file the weights as safetensors
 */

/**
 * @param {{ name: string, path?: string, timesteps: number, sources: number[] | null, view: string[], seed: number | null, epochs: number | null, accuracy: number | null }} stored
 * @param {Uint8Array} file
 * @returns {Candidate} without a label of its own: `arrange` gives it one
 */
export function candidateOf(stored, file) {
  return { ...stored, label: stored.name, file, network: networkFrom(stored.name, file) };
}

/** @param {string} name @param {Uint8Array} file */
export function networkFrom(name, file) {
  const start = performance.now();
  const network = networkOf(parseSafetensors(file));
  performance.measure('parse', { start, detail: name });
  return network;
}

/** Sorts candidates by units and gives each a label of its own. @param {Candidate[]} candidates */
export function arrange(candidates) {
  const size = (/** @type {Candidate} */ { network: { units, layers } }) => 100 * units + layers.length;
  candidates.sort((a, b) => size(a) - size(b) || (a.name < b.name ? -1 : 1));
  // What two have in common does not distinguish them: then the seed is said, or else the name.
  const kinds = candidates.map(({ network: { units, layers }, timesteps, view }) =>
    labelOf(units, layers.length, timesteps, view),
  );
  const alone = (/** @type {string[]} */ labels, /** @type {number} */ index) =>
    labels.indexOf(labels[index]) === labels.lastIndexOf(labels[index]);
  const seeded = candidates.map(({ seed }, index) =>
    alone(kinds, index) || seed === null ? kinds[index] : `${kinds[index]}, seed ${seed}`,
  );
  candidates.forEach((candidate, index) => {
    candidate.label = alone(seeded, index) ? seeded[index] : `${kinds[index]}, ${candidate.name}`;
  });
  return candidates;
}

/** @param {number} units @param {number} layers @param {number} timesteps @param {string[]} view */
export function labelOf(units, layers, timesteps, view) {
  const parts = [count(units, 'unit')];
  if (layers > 1) parts.push(`${layers} layers`);
  if (timesteps !== 28) parts.push(`${timesteps} timesteps`);
  return [...parts, ...view].join(', ');
}
