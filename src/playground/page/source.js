// Where networks and images come from: the file that the page is, or the program that serves it. Nothing else knows.

import { arrange, candidateOf } from './candidate.js';
import { bytesOf, describe, imagesOf } from './contents.js';
import { Laboratory } from './laboratory.js';
import { networksOf } from './state.js';

/**
 * @typedef {import('./candidate.js').Candidate} Candidate
 * @typedef {object} Source
 * @property {Candidate[]} candidates by units; a page that trains adds to them, and one that is asked for others
 * @property {import('./contents.js').TestImage[]} images test images, counted from 0
 * @property {(() => Promise<import('./contents.js').Known | null>) | null} known
 *   describes the digits that drawings are compared with; `null` if drawings are not compared
 * @property {Laboratory | null} laboratory where networks are trained; `null` in a file
 */

/** Test images of a served page. */
const IMAGES = 200;
/** Finished runs whose networks a served page fetches at first, those that finished last. */
const NEWEST = 7;

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
  const wanted = atFirst([...laboratory.runs.values()], networksOf(location.hash));
  const [images, candidates] = await Promise.all([
    laboratory.images(0, IMAGES),
    Promise.all(wanted.map((run) => fetchCandidate(laboratory, run).catch(() => null))),
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
 * The runs whose networks a page fetches when it opens: those inside the program, those in the page's address, those that
 * have weights and are not finished, and the last that are. The reader fetches others from the list of all.
 *
 * @param {import('./laboratory.js').Run[]} runs @param {string[]} named in the address
 */
export function atFirst(runs, named) {
  const finished = runs.filter(({ state, built_in }) => state === 'finished' && !built_in);
  finished.sort((a, b) => (b.finished_at ?? 0) - (a.finished_at ?? 0));
  const newest = finished.slice(0, NEWEST);
  return runs.filter(
    (run) =>
      run.built_in || named.includes(run.name) || newest.includes(run) || (run.state !== 'finished' && run.steps > 0),
  );
}

/**
 * @param {Laboratory} laboratory @param {import('./laboratory.js').Run} run
 * @returns {Promise<Candidate>} an error if its weights cannot be had
 */
export async function fetchCandidate(laboratory, run) {
  const { name, path, timesteps, sources, view, test_accuracy: accuracy } = run;
  const [seed, epochs] = run.built_in ? [null, null] : [run.seed, run.epochs];
  const curved = run.state !== 'finished' || run.built_in || run.curve.length > 0;
  const [file] = await Promise.all([laboratory.weights(name), curved ? null : laboratory.complete(name)]);
  return candidateOf({ name, path, timesteps, sources, view, seed, epochs, accuracy }, file);
}
