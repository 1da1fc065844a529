// The page computes what the program computes: the scores of networks, and MNIST's form of pictures.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { mnistForm } from '../../src/playground/page/form.js';
import { doubt, likeness, outline } from '../../src/playground/page/likeness.js';
import { logits, networkOf } from '../../src/playground/page/lstm.js';
import { read } from '../../src/playground/page/reading.js';
import { parseSafetensors } from '../../src/playground/page/safetensors.js';
import { folder, inside, mnist, programLogits } from './program.mjs';

const content = inside();

test('scores of 1,000 test images are those of the program, for every kind of network', () => {
  const images = mnist('t10k', 1000);
  const kinds = new Set();
  for (const { run, logits: expected } of programLogits()) {
    const stored = content.networks.find(({ name }) => name === run);
    const network = networkOf(parseSafetensors(Buffer.from(stored.weights, 'base64')));
    const candidate = { ...stored, network };
    kinds.add(`${network.layers.length} layers, W ${network.inputs}, ${stored.view.length > 0 ? 'a view' : 'whole'}`);
    images.forEach((image, index) => {
      const { hidden, units, steps } = read(candidate, image).traces.at(-1);
      const found = logits(network, hidden.subarray((steps - 1) * units));
      found.forEach((score, digit) => {
        const error = Math.abs(score - expected[10 * index + digit]);
        // Both round to 32 bits, in different orders.
        assert.ok(error <= 1e-4, `${run}, image ${index}, digit ${digit}: ${error} apart`);
      });
    });
  }
  const expected = [
    '1 layers, W 28, a view',
    '1 layers, W 28, whole',
    '1 layers, W 56, whole',
    '2 layers, W 28, whole',
  ];
  assert.deepEqual([...kinds].sort(), expected);
});

const pictures = readFileSync(path.join(folder(), 'pictures.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const predicted = readFileSync(path.join(folder(), 'predicted.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

test('the form of pictures is that of the program, to the byte', () => {
  assert.ok(pictures.length >= 200);
  let [formed, blank] = [0, 0];
  for (const { name, width, grey } of pictures) {
    const program = predicted.find(({ file }) => path.basename(file) === name);
    const values = Float32Array.from(Buffer.from(grey, 'base64'));
    const found = mnistForm({ width, values });
    if (program.error) {
      assert.equal(found, null, `${name}: the program says ${program.error}`);
      blank++;
    } else {
      assert.deepEqual([...found], program.pixels, name);
      formed++;
    }
  }
  assert.ok(formed >= 200 && blank >= 3, `${formed} with a digit, ${blank} without`);
});

test('drawings are doubted as the program doubts them, in all but a few cases', () => {
  const { pixels, shades, farthest } = content.known;
  const stored = gunzipSync(Buffer.from(pixels, 'base64')).map((shade) => Math.round((255 * shade) / (shades - 1)));
  const known = [];
  for (let at = 0; at < stored.length; at += 784) known.push(outline(stored.subarray(at, at + 784)));
  let [same, doubted, all] = [0, 0, 0];
  for (const { pixels: image, unlike_a_digit: unlike } of predicted.filter(({ error }) => !error)) {
    const mine = doubt(likeness(Uint8Array.from(image), known), farthest);
    all++;
    if ((mine === null) === (unlike === null)) same++;
    if (unlike !== null) doubted++;
  }
  console.log(`doubts: ${same} of ${all} as the program, which doubts ${doubted}`);
  assert.ok(doubted >= 20 && all - doubted >= 20, 'pictures of both kinds');
  // Of 20,000 digits the page knows 8,000: pictures near the limit may fall on the other side.
  assert.ok(same >= 0.95 * all, `${same} of ${all}`);
});
