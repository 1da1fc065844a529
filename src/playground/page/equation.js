// One unit at one timestep: its equations, with its numbers.

import { dot } from './lstm.js';
import { count, plain } from './numbers.js';

/**
 * @typedef {object} Gate
 * @property {string} letter i, f, g or o
 * @property {number} input what the inputs of this timestep add: W x
 * @property {number} recurrent what the hidden state of the timestep before adds: R h
 * @property {number} bias
 * @property {number} value after sigmoid or tanh
 */

/** What each gate decides. */
const MEANING = { i: 'how much to write', f: 'how much to keep', g: 'what to write', o: 'how much to show' };

/**
 * The numbers of one unit.
 *
 * @param {import('./reading.js').Reading} reading
 * @param {number} layer from 0 @param {number} t from 0 @param {number} unit from 0
 */
export function numbersOf({ candidate, sequence, traces }, layer, t, unit) {
  const { layers, units } = candidate.network;
  const { inputs, input, recurrent, bias } = layers[layer];
  const trace = traces[layer];
  const below = layer === 0 ? sequence : traces[layer - 1].hidden;
  const x = below.subarray(t * inputs, (t + 1) * inputs);
  const before = (/** @type {Float32Array} */ values) =>
    t > 0 ? values.subarray((t - 1) * units, t * units) : new Float32Array(units);
  const gates = ['i', 'f', 'g', 'o'].map((letter, gate) => {
    const row = gate * units + unit;
    return {
      letter,
      input: dot(input, row, x),
      recurrent: dot(recurrent, row, before(trace.hidden)),
      bias: bias[row],
      value: trace.gates[t * 4 * units + row],
    };
  });
  const at = t * units + unit;
  return { gates, cell: trace.cell[at], hidden: trace.hidden[at], cellBefore: before(trace.cell)[unit], inputs, units };
}

/**
 * The same as markup.
 *
 * @param {ReturnType<typeof numbersOf>} numbers
 * @param {number} t from 0
 */
export function equationMarkup({ gates, cell, hidden, cellBefore, inputs, units }, t) {
  const [i, f, g, o] = gates.map((gate) => gate.value);
  const line = (/** @type {string} */ left, /** @type {string} */ right, /** @type {string} */ note) =>
    `<tr><th scope="row">${left}</th><td>${right}</td><td class="note">${note}</td></tr>`;
  const sub = (/** @type {string} */ letter, /** @type {number | string} */ index) =>
    `<i>${letter}</i><sub>${index}</sub>`;
  const now = t + 1;
  const rows = gates.map(({ letter, input, recurrent, bias, value }) => {
    const name = letter === 'g' ? 'tanh' : 'σ';
    const sum = `${term(input)} ${added(recurrent)} ${added(bias)}`;
    return line(sub(letter, now), `${name}(${sum}) = <b>${plain(value)}</b>`, MEANING[/** @type {'i'} */ (letter)]);
  });
  rows.push(
    line(
      sub('c', now),
      `${plain(f)} × ${term(cellBefore)} ${added(i * g, `${plain(i)} × ${term(g)}`)} = <b>${plain(cell)}</b>`,
      `<i>f</i> × ${sub('c', t)} + <i>i</i> × <i>g</i>: the cell state`,
    ),
    line(
      sub('h', now),
      `${plain(o)} × tanh(${plain(cell)}) = <b>${plain(hidden)}</b>`,
      '<i>o</i> × tanh(<i>c</i>): what is passed on',
    ),
  );
  return `<table><thead><tr><th scope="col">after timestep ${now}</th>
<th scope="col">${count(inputs, 'input')} · ${units === 1 ? '1 unit' : `${units} units`} before · bias</th><th scope="col">meaning</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>`;
}

/** @param {number} value A first or multiplied number; in brackets below 0. */
function term(value) {
  return value < 0 && plain(value).startsWith('−') ? `(${plain(value)})` : plain(value);
}

/** @param {number} value @param {string} [text] A number that is added; a minus takes the place of the plus. */
function added(value, text) {
  if (text !== undefined) return `+ ${text}`;
  return plain(value).startsWith('−') ? `− ${plain(-value)}` : `+ ${plain(value)}`;
}
