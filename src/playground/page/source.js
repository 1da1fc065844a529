// Where networks and images come from: the file that the page is. Nothing else knows.

import { outline } from './likeness.js';
import { networkOf } from './lstm.js';
import { parseSafetensors } from './safetensors.js';
import { PIXELS } from './form.js';
import { count } from './numbers.js';

/**
 * @typedef {object} Candidate a network that may be shown
 * @property {string} name the run's
 * @property {string} label what the page calls it: its units, and what else distinguishes it
 * @property {import('./lstm.js').Network} network
 * @property {number} timesteps
 * @property {number[] | null} sources the place in the image of each pixel that is read; `null`: all, in order
 * @property {string[]} view what is read other than whole images, in words
 * @property {number | null} epochs
 * @property {number | null} accuracy on the 10,000 test images, a fraction
 * @property {Uint8Array} file the weights as safetensors
 */

/**
 * @typedef {object} Source
 * @property {Candidate[]} candidates
 * @property {{ label: number, pixels: Uint8Array }[]} images test images, counted from 0
 * @property {(() => Promise<{ outlines: Float32Array[], farthest: number }>) | null} known
 *   describes the digits that drawings are compared with; `null` if drawings are not compared
 */

/** @returns {Promise<Source>} What is inside this page. */
export async function openSource() {
  const element = document.getElementById('inside');
  if (!element) throw new Error('this page has no networks inside: make one with `rowlstm playground --html FILE`');
  const { networks, images, known } = JSON.parse(element.textContent ?? '');
  const pixels = await decompressed(images.pixels);
  return {
    candidates: labelled(networks.map(candidate)),
    images: images.labels.map((/** @type {number} */ label, /** @type {number} */ index) => ({
      label,
      pixels: pixels.subarray(index * PIXELS, (index + 1) * PIXELS),
    })),
    known: known && (() => describe(known)),
  };
}

/** @param {any} stored a network as src/playground/content.rs writes it @returns {Candidate} */
function candidate(stored) {
  const file = bytes(stored.weights);
  const start = performance.now();
  const network = networkOf(parseSafetensors(file));
  performance.measure('parse', { start, detail: stored.name });
  return { ...stored, file, network };
}

/** Gives every candidate a label of its own. @param {Candidate[]} candidates */
function labelled(candidates) {
  const labels = candidates.map(({ network: { units, layers }, timesteps, view }) => {
    const parts = [count(units, 'unit')];
    if (layers.length > 1) parts.push(`${layers.length} layers`);
    if (timesteps !== 28) parts.push(`${timesteps} timesteps`);
    return [...parts, ...view].join(', ');
  });
  candidates.forEach((candidate, index) => {
    const alone = labels.indexOf(labels[index]) === labels.lastIndexOf(labels[index]);
    candidate.label = alone ? labels[index] : `${labels[index]}, ${candidate.name}`;
  });
  return candidates;
}

/**
 * Outlines of the known digits, computed in slices so that the page stays awake.
 *
 * @param {{ pixels: string, shades: number, farthest: number }} known
 */
async function describe({ pixels, shades, farthest }) {
  const stored = await decompressed(pixels);
  const images = stored.map((shade) => Math.round((255 * shade) / (shades - 1)));
  const outlines = [];
  for (let at = 0; at < images.length; at += PIXELS) {
    outlines.push(outline(images.subarray(at, at + PIXELS)));
    if (outlines.length % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return { outlines, farthest };
}

/** @param {string} base64 @returns {Uint8Array<ArrayBuffer>} */
function bytes(base64) {
  const characters = atob(base64);
  const decoded = new Uint8Array(characters.length);
  for (let at = 0; at < decoded.length; at++) decoded[at] = characters.charCodeAt(at);
  return decoded;
}

/** @param {string} base64 of gzip data */
async function decompressed(base64) {
  const stream = new Blob([bytes(base64)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
