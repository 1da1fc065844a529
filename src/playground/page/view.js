// What is on the page: the image, its readings and their charts, for one state.

import { Card, answersMarkup } from './card.js';
import { imageChart } from './charts.js';
import { equationMarkup, numbersOf } from './equation.js';
import { showFacts } from './facts.js';
import { mnistForm } from './form.js';
import { answerAfter, placesAt, read, sliceName, stepsOf } from './reading.js';
import { Drawing } from './strokes.js';
import { command, download } from './takeaway.js';

/**
 * @typedef {import('./candidate.js').Candidate} Candidate
 * @typedef {import('./state.js').State} State
 */

const BLANK = new Uint8Array(784);

/** @param {string} id @returns {any} an element of index.html */
export const part = (id) => document.getElementById(id);

export class View {
  /**
   * @param {import('./source.js').Source} source
   * @param {State} state
   * @param {(changes: Partial<State>) => void} change what a card does to the state
   */
  constructor({ candidates, images }, state, change) {
    this.candidates = candidates;
    this.images = images;
    this.state = state;
    this.change = change;
    this.drawing = new Drawing();
    this.drawing.take(state.pen);
    this.drawing.replace(state.strokes);
    /** What the networks read. @type {Uint8Array} */
    this.image = BLANK;
    /** One for each network that is shown, in the state's order. @type {import('./reading.js').Reading[]} */
    this.readings = [];
    /** Every card that was ever shown, by the network's name. @type {Map<string, Card>} */
    this.cards = new Map();
  }

  /** @param {string} name @returns {Candidate} */
  candidate(name) {
    return /** @type {Candidate} */ (this.candidates.find((candidate) => candidate.name === name));
  }

  /** Timesteps of the longest sequence that is shown, which the clock counts. */
  get longest() {
    return Math.max(...this.state.networks.map((name) => this.candidate(name).timesteps));
  }

  /** Where the clock ends. */
  get last() {
    return Math.max(Math.round((this.longest * this.state.rows) / 28), 1);
  }

  /** Whether there is anything to read. */
  get inked() {
    return this.image !== BLANK;
  }

  /** Cards of the networks that are shown, by units. */
  get shown() {
    const shown = this.candidates.filter(({ name }) => this.state.networks.includes(name));
    return shown.map(({ name }) => /** @type {Card} */ (this.cards.get(name)));
  }

  /** Timesteps that a network has done. @param {import('./reading.js').Reading} reading */
  doneOf({ candidate, beliefs }) {
    const step = this.inked ? this.state.step : 0;
    return Math.min(stepsOf(step, this.longest, candidate), beliefs.length);
  }

  /** Puts the cards in line with the networks of the state, and reads. */
  arrange() {
    this.state.networks.forEach((name, index) => {
      const card = this.cards.get(name) ?? this.newCard(name);
      this.cards.set(name, card);
      card.element.classList.toggle('lead', index === 0);
    });
    part('cards').replaceChildren(...this.shown.map(({ element }) => element));
    this.state.of = Math.min(this.state.of, this.state.networks.length - 1);
    this.read();
  }

  /** @param {string} name */
  newCard(name) {
    const candidate = this.candidate(name);
    // The clock counts the timesteps of the longest sequence.
    const clock = (/** @type {number} */ t) => Math.ceil((t * this.longest) / candidate.timesteps);
    return new Card(candidate, {
      open: (unit, t) =>
        this.change({ unit, of: this.state.networks.indexOf(name), ...(t === null ? {} : { step: clock(t) }) }),
      save: () =>
        download(
          `${name.replace(/\.safetensors$/, '')}.safetensors`,
          new Blob([/** @type {BlobPart} */ (candidate.file)]),
        ),
    });
  }

  /** Reads the image anew with every network that is shown. */
  read() {
    const { image, networks, rows } = this.state;
    const drawn = () => (this.drawing.empty ? null : mnistForm(this.drawing.grey()));
    this.image = (image === null ? drawn() : this.images[image].pixels) ?? BLANK;
    this.readings = networks.map((name) => read(this.candidate(name), this.image, rows));
    this.show();
  }

  /** Reads the image anew with one network, whose weights have changed. @param {string} name */
  readAgain(name) {
    const index = this.state.networks.indexOf(name);
    if (index < 0) return;
    this.readings[index] = read(this.candidate(name), this.image, this.state.rows);
    if (index === 0 || this.state.of === index) return this.show();
    // The rest of the page is not about it.
    this.showCard(this.readings[index], index);
    part('answers').innerHTML = answersMarkup(this.shown);
  }

  /** What a network that is shown answers for the whole image on the table, if there is one. @param {string} name */
  answer(name) {
    const reading = this.readings[this.state.networks.indexOf(name)];
    return reading && this.inked ? answerAfter(reading, reading.beliefs.length) : null;
  }

  /** @param {import('./reading.js').Reading} reading @param {number} index */
  showCard(reading, index) {
    const { state } = this;
    const unit = state.unit !== null && state.of === index ? state.unit : null;
    this.cards.get(reading.candidate.name)?.show(reading, this.doneOf(reading), state.shown, unit);
  }

  /** Shows what has been read: the timestep, or what is shown of it, may have changed. */
  show() {
    const { state } = this;
    state.step = Math.min(state.step, this.last);
    this.readings.forEach((reading, index) => this.showCard(reading, index));
    part('answers').innerHTML = answersMarkup(this.shown);
    this.showRow();
    this.showUnit();
    const { units } = this.readings[0].candidate.network;
    const two = this.candidates.find(({ network }) => network.units === units && network.layers.length === 2);
    const deeper = two && state.layers === 2 ? read(two, this.image, state.rows) : undefined;
    showFacts(this.readings[0], deeper, state, this.doneOf(this.readings[0]));
    const called = state.networks.map((name) => this.candidate(name).path ?? name);
    part('command').textContent = command(called, state.image, state.shown);
    part('save-drawing').hidden = state.image !== null;
  }

  /** The image, the row that is being read, and the slider at it. */
  showRow() {
    const { image, step } = this.state;
    const lead = this.readings[0].candidate;
    const t = this.doneOf(this.readings[0]);
    const name = t > 0 ? sliceName(lead, t - 1) : 'nothing read yet';
    const subject = image === null ? 'your drawing' : `test image ${image}, labelled ${this.images[image].label}`;
    part('seen').innerHTML = imageChart(this.image, t > 0 ? placesAt(lead, t - 1) : [], `${subject}; ${name}`);
    part('subject').textContent = this.inked ? subject : 'Nothing on the paper yet: draw a digit.';
    [part('scrub').max, part('scrub').value] = [String(this.last), String(step)];
    part('scrub').setAttribute('aria-valuetext', name);
    part('step-now').textContent = t > 0 ? `timestep ${t} of ${lead.timesteps}: ${name}` : name;
  }

  /** The equations of the unit that is open, if one is. */
  showUnit() {
    const { unit, of } = this.state;
    part('unit-section').hidden = unit === null;
    if (unit === null) return;
    const reading = this.readings[of];
    const { units } = reading.candidate.network;
    const open = Math.min(unit, units - 1);
    const layer = this.cards.get(reading.candidate.name)?.layer ?? 0;
    const done = this.doneOf(reading);
    [part('unit').max, part('unit').value] = [String(units), String(open + 1)];
    const options = this.readings.map(({ candidate }, index) => new Option(candidate.label, String(index)));
    part('unit-of').replaceChildren(...options);
    part('unit-of').value = String(of);
    part('equation').innerHTML =
      done > 0
        ? equationMarkup(numbersOf(reading, layer, done - 1, open), done - 1)
        : '<p>Nothing has been read yet: press step, or move the slider.</p>';
  }

  /** Charts of what is shown, for a picture. */
  get charts() {
    const image = { chart: part('seen').querySelector('svg'), heading: part('subject').textContent };
    const cards = this.shown.map(({ element, candidate, answer }) => ({
      chart: /** @type {SVGSVGElement} */ (element.querySelector('svg')),
      heading: `${candidate.label}: ${answer ?? 'nothing read yet'}`,
    }));
    return [image, ...cards];
  }
}
