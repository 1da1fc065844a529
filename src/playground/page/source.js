// Where networks and images come from: the file that the page is, or the program that serves it. Nothing else knows.

import { arrange, candidateOf } from './candidate.js';
import { bytesOf, describe, imagesOf } from './contents.js';
import { Laboratory } from './laboratory.js';

/**
 * @typedef {import('./candidate.js').Candidate} Candidate
 * @typedef {object} Source
 * @property {Candidate[]} candidates by units; a page that trains adds to them
 * @property {import('./contents.js').TestImage[]} images test images, counted from 0
 * @property {(() => Promise<import('./contents.js').Known | null>) | null} known
 *   describes the digits that drawings are compared with; `null` if drawings are not compared
 * @property {Laboratory | null} laboratory where networks are trained; `null` in a file
 */

/** Test images of a served page. */
const IMAGES = 200;
/** Most finished networks of a served page, those that finished last. */
const MOST_NETWORKS = 40;

/** @returns {Promise<Source>} */
export function openSource() {
  const inside = document.getElementById('inside');
  return inside ? ofFile(JSON.parse(inside.textContent ?? '')) : ofServer();
}

/** @param {any} inside as src/playground/content.rs writes it @returns {Promise<Source>} */
async function ofFile({ networks, images, known }) {
  const candidates = networks.map((/** @type {any} */ stored) => candidateOf(stored, bytesOf(stored.weights)));
  return {
    candidates: arrange(candidates),
    images: await imagesOf(images),
    known: known && (() => describe(known)),
    laboratory: null,
  };
}

/** @returns {Promise<Source>} */
async function ofServer() {
  const laboratory = new Laboratory();
  await laboratory.refresh();
  const [images, candidates] = await Promise.all([
    laboratory.images(0, IMAGES),
    Promise.all(chosen([...laboratory.runs.values()]).map((run) => fetchCandidate(laboratory, run))),
  ]);
  return {
    candidates: arrange(candidates.filter((candidate) => candidate !== null)),
    images: await imagesOf(images),
    known: async () => {
      const known = await laboratory.digits();
      return known && describe(known);
    },
    laboratory,
  };
}

/**
 * The runs whose networks a page shows: those that have weights and are not finished, and the last that are.
 *
 * @param {import('./laboratory.js').Run[]} runs
 */
export function chosen(runs) {
  const finished = runs.filter(({ state }) => state === 'finished');
  finished.sort((a, b) => (b.finished_at ?? 0) - (a.finished_at ?? 0));
  return [...runs.filter(({ state, steps }) => state !== 'finished' && steps > 0), ...finished.slice(0, MOST_NETWORKS)];
}

/**
 * @param {Laboratory} laboratory @param {import('./laboratory.js').Run} run
 * @returns {Promise<Candidate | null>} `null` if its weights cannot be had, which the program says when it is asked
 */
export async function fetchCandidate(laboratory, run) {
  const { name, timesteps, sources, view, epochs, test_accuracy: accuracy } = run;
  try {
    return candidateOf({ name, timesteps, sources, view, epochs, accuracy }, await laboratory.weights(name));
  } catch {
    return null;
  }
}
