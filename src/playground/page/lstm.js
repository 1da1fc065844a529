// The network: LSTM layers that read a sequence, and a dense head that turns a hidden state into ten scores. Weights come
// with PyTorch's names and layout; gates stand in the order i, f, g, o.
//
//   i, f, o = sigmoid(W x + R h + b)    g = tanh(W x + R h + b)    c = f c' + i g    h = o tanh(c)

/**
 * @typedef {import('./safetensors.js').Tensor} Tensor
 * @typedef {{ input: Float32Array, recurrent: Float32Array, bias: Float32Array, inputs: number }} Layer
 *   `input` is [4U, inputs], `recurrent` [4U, U], `bias` [4U].
 * @typedef {{ units: number, inputs: number, layers: Layer[], head: Float32Array, headBias: Float32Array }} Network
 *   `head` is [10, U].
 * @typedef {{ steps: number, units: number, gates: Float32Array, cell: Float32Array, hidden: Float32Array }} Trace
 *   What one layer computed: `gates` is [T, 4U] after their activation, `cell` and `hidden` are [T, U].
 */

/** Classes C: the ten digits. */
export const CLASSES = 10;

/**
 * The network that a file's tensors are.
 *
 * @param {Map<string, Tensor>} tensors
 * @returns {Network}
 * @throws {Error} if a tensor is missing, is of another shape than the others imply, or holds a value that is not finite
 */
export function networkOf(tensors) {
  const head = tensors.get('head.weight');
  if (!head || head.shape.length !== 2) throw new Error('it has no matrix head.weight');
  const units = head.shape[1];
  const find = (/** @type {string} */ name, /** @type {number[]} */ shape) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`it has no tensor ${name}`);
    if (tensor.shape.join() !== shape.join()) {
      throw new Error(`tensor ${name} has shape [${tensor.shape}], expected [${shape}]`);
    }
    if (!tensor.values.every(Number.isFinite)) throw new Error(`tensor ${name} holds a value that is not finite`);
    return tensor.values;
  };
  const inputs = tensors.get('lstm.weight_ih_l0')?.shape[1] ?? 0;
  /** @type {Layer[]} */
  const layers = [];
  while (layers.length === 0 || tensors.has(`lstm.weight_ih_l${layers.length}`)) {
    const k = layers.length;
    const width = k === 0 ? inputs : units;
    const second = find(`lstm.bias_hh_l${k}`, [4 * units]);
    layers.push({
      inputs: width,
      input: find(`lstm.weight_ih_l${k}`, [4 * units, width]),
      recurrent: find(`lstm.weight_hh_l${k}`, [4 * units, units]),
      bias: find(`lstm.bias_ih_l${k}`, [4 * units]).map((value, index) => value + second[index]),
    });
  }
  const headWeights = find('head.weight', [CLASSES, units]);
  return { units, inputs, layers, head: headWeights, headBias: find('head.bias', [CLASSES]) };
}

/** @param {number} x */
export const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/**
 * Reads a sequence with all layers.
 *
 * @param {Network} network
 * @param {Float32Array} sequence [T, W], 0 to 1
 * @returns {Trace[]} one for each layer
 */
export function readSequence(network, sequence) {
  const traces = [];
  let input = sequence;
  for (const layer of network.layers) {
    const trace = readLayer(layer, network.units, input);
    traces.push(trace);
    input = trace.hidden;
  }
  return traces;
}

/**
 * @param {Layer} layer
 * @param {number} units
 * @param {Float32Array} sequence [T, inputs]
 * @returns {Trace}
 */
function readLayer(layer, units, sequence) {
  const steps = sequence.length / layer.inputs;
  const gates = new Float32Array(steps * 4 * units);
  const cell = new Float32Array(steps * units);
  const hidden = new Float32Array(steps * units);
  let h = new Float32Array(units);
  let c = new Float32Array(units);
  for (let t = 0; t < steps; t++) {
    const at = gates.subarray(t * 4 * units, (t + 1) * 4 * units); // [4U]
    sums(layer, sequence.subarray(t * layer.inputs, (t + 1) * layer.inputs), h, at);
    const next = hidden.subarray(t * units, (t + 1) * units);
    const kept = cell.subarray(t * units, (t + 1) * units);
    for (let u = 0; u < units; u++) {
      const i = (at[u] = sigmoid(at[u]));
      const f = (at[units + u] = sigmoid(at[units + u]));
      const g = (at[2 * units + u] = Math.tanh(at[2 * units + u]));
      const o = (at[3 * units + u] = sigmoid(at[3 * units + u]));
      kept[u] = f * c[u] + i * g;
      next[u] = o * Math.tanh(kept[u]);
    }
    [h, c] = [next, kept];
  }
  return { steps, units, gates, cell, hidden };
}

/**
 * The gates before their activation, W x + R h + b, into `out`.
 *
 * @param {Layer} layer
 * @param {Float32Array} x [inputs]
 * @param {Float32Array} h [U]
 * @param {Float32Array} out [4U]
 */
function sums(layer, x, h, out) {
  const blank = x.every((value) => value === 0); // as many rows of an image are
  for (let row = 0; row < out.length; row++) {
    out[row] = layer.bias[row] + (blank ? 0 : dot(layer.input, row, x)) + dot(layer.recurrent, row, h);
  }
}

/**
 * A row of a matrix times a vector.
 *
 * @param {Float32Array} matrix @param {number} row @param {Float32Array} vector
 */
export function dot(matrix, row, vector) {
  const length = vector.length;
  const start = row * length;
  // Four sums, so that an addition need not wait for the one before.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let index = 0;
  for (; index + 3 < length; index += 4) {
    a += matrix[start + index] * vector[index];
    b += matrix[start + index + 1] * vector[index + 1];
    c += matrix[start + index + 2] * vector[index + 2];
    d += matrix[start + index + 3] * vector[index + 3];
  }
  for (; index < length; index++) a += matrix[start + index] * vector[index];
  return a + b + (c + d);
}

/**
 * The ten scores for a hidden state.
 *
 * @param {Network} network @param {Float32Array} hidden [U]
 */
export function logits(network, hidden) {
  return Float32Array.from(network.headBias, (bias, digit) => bias + dot(network.head, digit, hidden));
}

/**
 * Scores as probabilities.
 *
 * @param {Float32Array} scores
 */
export function softmax(scores) {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - top));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** @param {ArrayLike<number>} values The place of the largest; of several, the first. */
export function highest(values) {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index] > values[best]) best = index;
  return best;
}
