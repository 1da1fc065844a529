// The training panel: starts networks, shows how they learn, and brings their latest weights to the page.

import { arrange, networkFrom } from './candidate.js';
import { accuracyChart, lossChart, unitsChart } from './curves.js';
import { ServerError } from './laboratory.js';
import { fetchCandidate } from './source.js';
import { Trainee, nameOf } from './trainee.js';

/**
 * @typedef {import('./laboratory.js').Run} Run
 * @typedef {import('./candidate.js').Candidate} Candidate
 * @typedef {object} Table what the panel knows of the rest of the page
 * @property {(name: string, show: boolean) => void} changed a candidate is new, or has other weights
 * @property {(name: string) => boolean} shows whether a network is shown
 * @property {() => void} listed a run is new, or has finished
 * @property {(name: string) => { digit: number, probability: number } | null} answer of a network that is shown for the digit on the table
 */

/** Milliseconds between two fetches of the weights of all that learn. */
const FETCH_EVERY = 500;
/** Milliseconds between two drawings of the curves. */
const DRAW_EVERY = 400;
const COLOURS = 7;
/** Images that `train` uses with its default settings. */
const ALL_IMAGES = 55_000;

/** @param {string} id @returns {any} */
const part = (id) => document.getElementById(id);

/** Settings of the form, as in a settings file; those that are at the program's defaults are left out. @param {Record<string, number>} typed */
export function settingsOf(typed) {
  const defaults = { 'num-layers': 1, 'learning-rate': 0.008, seed: 1, rows: 28, 'train-limit': ALL_IMAGES };
  return Object.fromEntries(
    Object.entries(typed).filter(([key, value]) => defaults[/** @type {'seed'} */ (key)] !== value),
  );
}

/** The line that makes the same run. @param {Record<string, number>} settings */
export function commandOf(settings) {
  return ['rowlstm train', ...Object.entries(settings).map(([key, value]) => `--${key} ${value}`)].join(' ');
}

export class Training {
  /** @param {import('./source.js').Source & { laboratory: import('./laboratory.js').Laboratory }} source @param {Table} table */
  constructor({ laboratory, candidates }, table) {
    this.laboratory = laboratory;
    this.candidates = candidates;
    this.table = table;
    /** @type {Map<string, Trainee>} */
    this.trainees = new Map();
    /** Colours by run, in the order of their appearance. @type {Map<string, number>} */
    this.colours = new Map();
    /** Runs that were started here, which are put on the table. @type {Set<string>} */
    this.started = new Set();
    /** Runs whose weights are other than those on the page. @type {Set<string>} */
    this.stale = new Set();
    this.drawn = false;
    part('laboratory').hidden = false;
    part('train-form').addEventListener('submit', (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.start();
    });
    laboratory.watch(
      (name, kind) => this.happened(name, kind),
      (problem) => this.connected(problem),
    );
    this.draw();
    this.fetchForEver();
  }

  /** @param {string} text */
  say(text) {
    part('train-note').textContent = text;
  }

  async start() {
    const typed = Object.fromEntries([...new FormData(part('train-form'))].map(([key, value]) => [key, Number(value)]));
    const settings = settingsOf(typed);
    await this.attempt(async () => {
      const { run, state } = await this.laboratory.train(settings);
      this.started.add(run);
      await this.laboratory.refresh();
      if (state === 'finished') {
        this.stale.add(run);
        this.laboratory.live.add(run);
      }
      this.say(
        state === 'finished'
          ? `${run} was trained before with these settings, and the same settings give the same network.`
          : `Training ${run}. The same in a terminal: ${commandOf(settings)}`,
      );
      this.draw();
    });
  }

  /** @param {string} name @param {'pause' | 'step' | 'resume' | 'stop'} action */
  async act(name, action) {
    await this.attempt(async () => {
      if (action !== 'stop') this.started.add(name);
      await this.laboratory.act(name, action);
    });
  }

  /** Does something, or says why it cannot be done. @param {() => Promise<void>} action */
  async attempt(action) {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      this.say(error.message);
    }
  }

  /** @param {string | null} problem */
  async connected(problem) {
    part('connection').textContent = problem ?? '';
    if (problem !== null) return;
    // The program may have been started again, and know nothing of what it trained before.
    this.laboratory.live.clear();
    await this.attempt(() => this.laboratory.refresh());
    part('problems').textContent = this.laboratory.problems.join('; ');
    this.table.listed();
    this.draw();
  }

  /** @param {string} name @param {string} kind */
  happened(name, kind) {
    const run = /** @type {Run} */ (this.laboratory.runs.get(name));
    if (kind !== 'epoch') this.stale.add(name);
    if (kind === 'finished') {
      this.say(`${nameOf(run)}: ${(100 * (run.test_accuracy ?? 0)).toFixed(1)} % of the test images are read rightly.`);
    }
    if (kind === 'finished') this.table.listed();
    if (kind === 'failed') this.say(`${nameOf(run)} has failed: ${run.error}`);
    this.draw();
  }

  /** Brings weights to the page, of one network after the other, at most a few times a second. */
  async fetchForEver() {
    for (;;) {
      const begun = performance.now();
      for (const name of document.hidden ? [] : [...this.stale]) {
        this.stale.delete(name);
        await this.fetch(name);
      }
      // A page that is busy with large networks leaves time for everything else.
      const spent = performance.now() - begun;
      await new Promise((resolve) => setTimeout(resolve, Math.max(FETCH_EVERY, 2 * spent)));
    }
  }

  /** @param {string} name */
  async fetch(name) {
    const run = this.laboratory.runs.get(name);
    if (!run || run.steps === 0) return;
    const known = this.candidates.find((candidate) => candidate.name === name);
    if (!known) {
      const candidate = await fetchCandidate(this.laboratory, run).catch(() => null);
      if (!candidate || this.candidates.some((other) => other.name === name)) return;
      this.candidates.push(candidate);
      arrange(this.candidates);
    } else {
      // One that nobody looks at waits until it is finished.
      if (run.state === 'training' && !this.table.shows(name) && !this.started.has(name)) return;
      const file = await this.laboratory.weights(name).catch(() => null);
      if (!file) return;
      [known.file, known.network] = [file, networkFrom(name, file)];
      [known.epochs, known.accuracy] = [run.epochs, run.test_accuracy];
    }
    this.table.changed(name, this.started.delete(name));
    this.draw();
  }

  /** Draws soon, once for everything that happens until then. */
  draw() {
    if (this.drawn) return;
    this.drawn = true;
    setTimeout(() => {
      this.drawn = false;
      this.show();
    }, DRAW_EVERY);
  }

  show() {
    const runs = [...this.laboratory.runs.values()];
    const listed = runs.filter(
      ({ name, state, own }) => own && (state !== 'finished' || this.laboratory.live.has(name)),
    );
    for (const run of listed) {
      let trainee = this.trainees.get(run.name);
      if (!trainee) {
        trainee = new Trainee(run, this.colour(run.name), (action) => this.act(run.name, action));
        this.trainees.set(run.name, trainee);
        part('trainees').append(trainee.element);
      }
      trainee.show(run, this.table.answer(run.name));
    }
    for (const [name, trainee] of this.trainees) {
      if (listed.some((run) => run.name === name)) continue;
      trainee.element.remove();
      this.trainees.delete(name);
    }
    part('invitation').hidden = listed.length > 0;
    part('curves').hidden = runs.every(({ curve }) => curve.length === 0);
    this.showCurves(runs.filter(({ name }) => listed.some((run) => run.name === name) || this.table.shows(name)));
    part('units-chart').innerHTML = unitsChart(
      runs.flatMap(({ name, num_units: units, validation_accuracy: accuracy, state }) => {
        if (accuracy === null) return [];
        return [{ units, accuracy, colour: this.colours.get(name) ?? null, learning: state !== 'finished' }];
      }),
    );
  }

  /** @param {Run[]} runs */
  showCurves(runs) {
    const lines = runs
      .filter(({ curve }) => curve.length > 0)
      .slice(-COLOURS)
      .map((run) => ({
        colour: this.colour(run.name),
        name: nameOf(run),
        short: `${run.num_units}${run.num_layers > 1 ? ` × ${run.num_layers}` : ''}`,
        images: (/** @type {number} */ step) => imagesAt(run, step),
        run,
      }));
    part('loss-chart').innerHTML = lossChart(
      lines.map((line) => ({
        ...line,
        points: line.run.curve.map(({ step, train_loss }) => [line.images(step), train_loss]),
        marks: [],
      })),
    );
    part('accuracy-chart').innerHTML = accuracyChart(
      lines.map((line) => ({
        ...line,
        points: line.run.curve.map(({ step, train_accuracy }) => [line.images(step), train_accuracy]),
        marks: line.run.history.flatMap(({ steps, validation_accuracy }) =>
          validation_accuracy === null ? [] : [[line.images(steps), validation_accuracy]],
        ),
      })),
    );
  }

  /** @param {string} name */
  colour(name) {
    const known = this.colours.get(name) ?? this.colours.size % COLOURS;
    this.colours.set(name, known);
    return known;
  }
}

/** Training images that a run has read after a step; the last batch of an epoch may be smaller. @param {Run} run @param {number} step */
export function imagesAt({ batch_size, train_images }, step) {
  const perEpoch = Math.ceil(train_images / batch_size);
  return Math.floor(step / perEpoch) * train_images + (step % perEpoch) * batch_size;
}
