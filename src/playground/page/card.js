// The card of one network: its answer so far, and charts of what it holds.

import { PLACES, READING_HEIGHT, partAt, readingChart } from './charts.js';
import { highest } from './lstm.js';
import { count, escaped, percent, plain, thousands } from './numbers.js';
import { parameters, sliceName } from './reading.js';

/** @typedef {import('./charts.js').Map} Map */

const NAMES = {
  h: 'hidden state h',
  c: 'cell state c',
  i: 'input gate i',
  f: 'forget gate f',
  g: 'candidate g',
  o: 'output gate o',
};

export class Card {
  /**
   * @param {import('./candidate.js').Candidate} candidate
   * @param {{ open: (unit: number, step: number | null) => void, save: () => void }} actions
   */
  constructor(candidate, { open, save }) {
    this.candidate = candidate;
    const { network } = candidate;
    this.layer = network.layers.length - 1;
    this.element = document.createElement('article');
    this.element.className = 'card';
    this.element.innerHTML = `<h3></h3><p class="answer"><b></b><span></span></p><div class="charts"></div>
<p class="value"></p><p class="buttons"><button class="open">Open a unit</button><button class="save">Save network</button></p>
<p class="facts"></p>`;
    this.part('.open').addEventListener('click', () => open(0, null));
    this.part('.save').addEventListener('click', save);
    const charts = this.part('.charts');
    charts.addEventListener('pointermove', (event) => this.point(event));
    charts.addEventListener('pointerleave', () => (this.part('.value').textContent = ''));
    charts.addEventListener('click', (event) => {
      const part = this.point(event);
      if (part && part.unit !== null) open(part.unit, part.t + 1);
    });
    if (network.layers.length > 1) this.addLayers();
    /** What it answers now; `null` if nothing has been read. @type {number | null} */
    this.answer = null;
    this.probability = 0;
    /** @type {{ map: Map, letter: string }[]} */
    this.maps = [];
  }

  /** @param {string} selector @returns {HTMLElement} */
  part(selector) {
    return /** @type {HTMLElement} */ (this.element.querySelector(selector));
  }

  /** Whose card it is; a network that learns changes. */
  describe() {
    const { network, accuracy, epochs, name, label } = this.candidate;
    const known = accuracy === null ? [] : [`${(100 * accuracy).toFixed(1)} % of the test images`];
    if (epochs !== null) known.push(count(epochs, 'epoch'));
    this.part('h3').textContent = label;
    this.part('.facts').textContent = [name, `${thousands(parameters(network))} parameters`, ...known].join(' · ');
  }

  /** A choice of layer. */
  addLayers() {
    const label = document.createElement('label');
    label.textContent = 'Layer ';
    const select = document.createElement('select');
    this.candidate.network.layers.forEach((_, layer) => select.add(new Option(String(layer + 1), String(layer))));
    select.value = String(this.layer);
    select.addEventListener('change', () => {
      this.layer = Number(select.value);
      this.element.dispatchEvent(new Event('layer', { bubbles: true }));
    });
    label.append(select);
    this.part('.buttons').prepend(label);
  }

  /**
   * @param {import('./reading.js').Reading} reading
   * @param {number} done timesteps that have been read
   * @param {string[]} shown quantities besides the hidden state
   * @param {number | null} unit to mark
   */
  show(reading, done, shown, unit) {
    this.reading = reading;
    this.describe();
    const { beliefs } = reading;
    const digit = done > 0 ? highest(beliefs[done - 1]) : null;
    [this.answer, this.probability] = [digit, digit === null ? 0 : beliefs[done - 1][digit]];
    const name = done > 0 ? sliceName(this.candidate, done - 1) : '';
    this.part('.answer b').textContent = digit === null ? '–' : String(digit);
    this.part('.answer span').textContent =
      digit === null
        ? 'nothing read yet'
        : `${percent(beliefs[done - 1][digit])} after ${name}, ${since(beliefs, done, digit, this.candidate)}`;
    this.maps = ['h', ...shown].map((letter) => ({ letter, map: mapOf(reading, this.layer, letter, done) }));
    this.part('.charts').innerHTML = this.maps
      .map(({ map, letter }) =>
        readingChart({
          map,
          beliefs: letter === 'h' ? beliefs : null,
          unit,
          letter,
          title: `${this.candidate.label}: ${NAMES[/** @type {'h'} */ (letter)]}${letter === 'h' ? ' and answers' : ''}`,
          description: `${NAMES[/** @type {'h'} */ (letter)]} of each unit after each of ${done} timesteps. ${this.part('.answer').textContent}`,
        }),
      )
      .join('');
    this.part('.value').textContent = '';
  }

  /** Prints the value that a pointer is on. @param {MouseEvent} event */
  point(event) {
    const chart = event.target instanceof Element ? event.target.closest('svg') : null;
    const found = chart && this.maps[[...this.part('.charts').children].indexOf(chart)];
    if (!chart || !found || !this.reading) return null;
    const box = chart.getBoundingClientRect();
    const x = ((event.clientX - box.left) * PLACES.width) / box.width;
    const y = ((event.clientY - box.top) * READING_HEIGHT) / box.height;
    const part = partAt(found.map, found.letter === 'h' ? this.reading.beliefs : null, { x, y });
    if (!part) return null;
    const { units } = this.candidate.network;
    const trace = this.reading.traces[this.layer];
    const value = part.unit === null ? '' : plain(valueOf(trace, found.letter, part.t, part.unit));
    const words =
      part.text ?? `${found.letter} of unit ${part.unit === null ? '' : part.unit + 1} of ${units} = ${value}`;
    this.part('.value').textContent = `${words}, after ${sliceName(this.candidate, part.t)}`;
    return part;
  }
}

/** What several networks answer now, on one line each. @param {Card[]} cards */
export function answersMarkup(cards) {
  return cards
    .map(({ candidate, answer, probability }) => {
      const said = answer === null ? '–' : `${answer}</b> ${percent(probability)}`;
      return `<li>${escaped(candidate.label)} <b>${said}${answer === null ? '</b>' : ''}</li>`;
    })
    .join('');
}

/**
 * Since when the answer has been the same.
 *
 * @param {Float32Array[]} beliefs @param {number} done @param {number} digit
 * @param {import('./candidate.js').Candidate} candidate
 */
function since(beliefs, done, digit, candidate) {
  let first = done;
  while (first > 1 && highest(beliefs[first - 2]) === digit) first--;
  return first === done ? 'a new answer' : `the same since ${sliceName(candidate, first - 1)}`;
}

/** @param {import('./lstm.js').Trace} trace @param {string} letter @param {number} t @param {number} unit */
function valueOf(trace, letter, t, unit) {
  const { units } = trace;
  if (letter === 'h') return trace.hidden[t * units + unit];
  if (letter === 'c') return trace.cell[t * units + unit];
  return trace.gates[(4 * t + 'ifgo'.indexOf(letter)) * units + unit];
}

/**
 * A quantity as a map. Cell states are scaled so that the largest is 1.
 *
 * @param {import('./reading.js').Reading} reading @param {number} layer @param {string} letter @param {number} done
 * @returns {Map}
 */
function mapOf({ traces, candidate: { timesteps } }, layer, letter, done) {
  const trace = traces[layer];
  const scale = letter === 'c' ? trace.cell.reduce((most, value) => Math.max(most, Math.abs(value)), 1) : 1;
  return {
    columns: trace.units,
    steps: timesteps,
    done,
    value: (t, unit) => valueOf(trace, letter, t, unit) / scale,
    scale,
    classes: ['f1', 'f0'],
  };
}
