// Files of weights, good and bad.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkOf } from '../../src/playground/page/lstm.js';
import { parseSafetensors } from '../../src/playground/page/safetensors.js';

/** A file with this header, an object or text, and so many bytes of data. */
function file(header, data) {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const tensor = (shape, from, to, dtype = 'F32') => ({ dtype, shape, data_offsets: [from, to] });
const one = new Uint8Array([0, 0, 128, 63]); // 1.0

test('tensors are read by name, wherever the file lies in memory', () => {
  const good = file({ __metadata__: { made: 'here' }, b: tensor([1], 4, 8), a: tensor([1, 1], 0, 4) }, [
    ...one,
    0,
    0,
    0,
    192,
  ]);
  const shifted = new Uint8Array(good.length + 3);
  shifted.set(good, 3);
  for (const bytes of [good, shifted.subarray(3)]) {
    const tensors = parseSafetensors(bytes);
    assert.deepEqual([...tensors.keys()], ['a', 'b']);
    assert.deepEqual(tensors.get('a'), { shape: [1, 1], values: new Float32Array([1]) });
    assert.deepEqual(tensors.get('b').values, new Float32Array([-2]));
  }
});

test('bad files are refused, and the message says why', () => {
  const huge = file({}, []);
  new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
  const cases = [
    [new Uint8Array(7), /7 bytes/],
    [huge, /header would have \d+ bytes/],
    [file({}, []).subarray(0, 9), /cut off/],
    [file('{"a": ', []), /not JSON/],
    [file('[]', []), /not a JSON object/],
    [file('null', []), /not a JSON object/],
    [file({ a: null }, []), /tensor a holds undefined values/],
    [file({ a: 7 }, []), /tensor a holds undefined values/],
    [file({ a: tensor([1], 0, 4, 'F16') }, one), /F16 values, expected F32/],
    [file({ a: tensor([1.5], 0, 4) }, one), /no shape/],
    [file({ a: tensor([-1], 0, 4) }, one), /no shape/],
    [file({ a: { ...tensor([1], 0, 4), shape: 'x' } }, one), /no shape/],
    [file({ a: { ...tensor([1], 0, 4), data_offsets: [0] } }, one), /no place/],
    [file({ a: tensor([1], 4, 8) }, [...one, ...one]), /gap or an overlap/],
    [file({ a: tensor([1], 0, 4), b: tensor([1], 0, 4) }, one), /gap or an overlap/],
    [file({ a: tensor([2], 0, 8) }, one), /cut off/],
    [file({ a: tensor([2 ** 52], 0, 4) }, one), /its shape/],
    [file({ a: tensor([2], 0, 4) }, one), /its shape 8/],
    [file({ a: tensor([1], 0, 4) }, [...one, 1]), /5 follow the header/],
  ];
  for (const [bytes, message] of cases) assert.throws(() => parseSafetensors(bytes), message);
});

test('a file whose first bytes are cut off at any place is refused', () => {
  const good = file({ a: tensor([1], 0, 4), b: tensor([1], 4, 8) }, [...one, ...one]);
  for (let length = 0; length < good.length; length++) {
    assert.throws(() => parseSafetensors(good.subarray(0, length)), Error, `${length} bytes`);
  }
});

/** The tensors of a network of one unit and one input, with these changes. */
function tensors(changes = {}) {
  const shapes = {
    'lstm.weight_ih_l0': [4, 1],
    'lstm.weight_hh_l0': [4, 1],
    'lstm.bias_ih_l0': [4],
    'lstm.bias_hh_l0': [4],
    'head.weight': [10, 1],
    'head.bias': [10],
    ...changes,
  };
  const filled = Object.entries(shapes).filter(([, shape]) => shape !== null);
  const size = (shape) => shape.reduce((product, side) => product * side, 1);
  return new Map(filled.map(([name, shape]) => [name, { shape, values: new Float32Array(size(shape)).fill(0.5) }]));
}

test('tensors that are not of one network are refused', () => {
  assert.equal(networkOf(tensors()).units, 1);
  assert.deepEqual(networkOf(tensors()).layers[0].bias, new Float32Array(4).fill(1), 'the two biases are added');
  assert.throws(() => networkOf(tensors({ 'head.weight': null })), /no matrix head.weight/);
  assert.throws(() => networkOf(tensors({ 'head.weight': [10] })), /no matrix head.weight/);
  assert.throws(() => networkOf(tensors({ 'lstm.weight_ih_l0': null })), /lstm.weight_ih_l0/);
  assert.throws(() => networkOf(tensors({ 'lstm.bias_hh_l0': [5] })), /has shape \[5\], expected \[4\]/);
  assert.throws(() => networkOf(tensors({ 'lstm.weight_hh_l0': [4, 2] })), /has shape \[4,2\], expected \[4,1\]/);
  assert.throws(() => networkOf(tensors({ 'head.weight': [9, 1] })), /expected \[10,1\]/);
  const wild = tensors();
  wild.get('head.bias').values[3] = Number.NaN;
  assert.throws(() => networkOf(wild), /not finite/);
});
