// What num_units changes and what it does not: numbers of one network, and the three wrong answers, each as a switch.

import { CLASSES } from './lstm.js';
import { count, percent, thousands } from './numbers.js';
import { answerAfter, layerParameters, parameters, sliceName } from './reading.js';
import { unrolledChart } from './unrolled.js';

/** Numbers that were printed last, to mark those that changed. @type {Record<string, string>} */
let before = {};

/** @param {string} id @returns {HTMLElement} */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {import('./reading.js').Reading} reading of the slider's network
 * @param {import('./reading.js').Reading | undefined} twoLayers of a network of as many units and two layers, if there is one
 * @param {import('./state.js').State} state
 * @param {number} now timesteps that have been read
 */
export function showFacts(reading, twoLayers, state, now) {
  const { network, timesteps } = reading.candidate;
  const { units, inputs, layers } = network;
  const steps = Math.round((timesteps * state.rows) / 28);
  const extra = state.layers > layers.length ? layerParameters(units, units) : 0;
  const total = parameters(network) + extra;
  const drawn = (state.cells === 'folded' ? 1 : steps) * Math.max(state.layers, layers.length);
  part('unrolled').innerHTML = unrolledChart({
    units,
    steps,
    layers: Math.max(state.layers, layers.length),
    cells: state.cells,
    now,
    slices: [sliceName(reading.candidate, 0), sliceName(reading.candidate, steps - 1)],
  });
  scoreboard({
    num_units: thousands(units),
    'cells drawn': thousands(drawn),
    timesteps: thousands(steps),
    layers: String(Math.max(state.layers, layers.length)),
    parameters: thousands(total),
  });
  const lstm = layerParameters(units, inputs);
  const more = layers.length > 1 || extra > 0 ? ` + 4 × ${units} × (${units} + ${units} + 1)` : '';
  part('formula').textContent =
    `4U(W + U + 1) = 4 × ${units} × (${inputs} + ${units} + 1) = ${thousands(lstm)}` +
    ` in the LSTM${more ? `, and${more.replace(' +', '')} = ${thousands(layerParameters(units, units))} in the second layer` : ''}` +
    `; the dense head adds 10 × (${units} + 1) = ${thousands(CLASSES * (units + 1))}.`;
  part('cells-fact').textContent =
    `One cell or ${steps}: it is the same cell with one set of ${thousands(lstm)} weights, and ${count(units, 'unit')} in each` +
    ` drawing. Separate cells would need ${steps} × ${thousands(lstm)} = ${thousands(steps * lstm)}.`;
  const { digit, probability } = answerAfter(reading, reading.beliefs.length);
  part('length-fact').textContent =
    `After ${steps} of ${count(timesteps, 'timestep')} these weights answer ${digit} (${percent(probability)}).` +
    ` The length of the sequence has changed neither num_units nor one of the ${thousands(parameters(network))} parameters.`;
  part('layers-fact').textContent = layersFact(reading, twoLayers, state.layers);
}

/**
 * @param {import('./reading.js').Reading} reading @param {import('./reading.js').Reading | undefined} twoLayers
 * @param {number} asked
 */
function layersFact({ candidate: { network } }, twoLayers, asked) {
  const { units, layers } = network;
  const own = thousands(layerParameters(units, units));
  if (layers.length > 1) return `This network has ${layers.length} layers of ${count(units, 'unit')} each.`;
  if (asked === 1)
    return `One layer of ${count(units, 'unit')}. A second would add ${own} weights, and num_units would stay ${units}.`;
  const text = `A second layer reads the ${units} numbers of the first: ${own} more weights. num_units is still ${units}, in each layer.`;
  if (!twoLayers) return text;
  const { digit, probability } = answerAfter(twoLayers, twoLayers.beliefs.length);
  return `${text} ${twoLayers.candidate.name} is such a network; it answers ${digit} (${percent(probability)}).`;
}

/** @param {Record<string, string>} numbers */
function scoreboard(numbers) {
  const entries = Object.entries(numbers).map(([name, value]) => {
    const changed = name in before && before[name] !== value;
    const mark = changed ? `<span class="was">was ${before[name]}</span>` : '<span class="was">unchanged</span>';
    return `<div class="${changed ? 'changed' : ''}"><dt>${name}</dt><dd>${value} ${mark}</dd></div>`;
  });
  const markup = entries.join('');
  if (Object.entries(numbers).some(([name, value]) => before[name] !== value)) part('scoreboard').innerHTML = markup;
  before = numbers;
}
