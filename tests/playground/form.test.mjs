// MNIST's form and the likeness of digits, without the program.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mnistForm } from '../../src/playground/page/form.js';
import { doubt, likeness, outline } from '../../src/playground/page/likeness.js';
import { mnist } from './program.mjs';

test('a test image of MNIST comes back unchanged, also enlarged, inverted and on larger paper', () => {
  for (const image of mnist('t10k', 20)) {
    for (const [scale, inverted, left, top, side] of [
      [1, false, 0, 0, 28],
      [4, true, 30, 5, 170],
      [7, false, 0, 50, 260],
    ]) {
      const values = new Float32Array(side * side).fill(inverted ? 255 : 0);
      image.forEach((value, at) => {
        const [x, y] = [left + (at % 28) * scale, top + Math.floor(at / 28) * scale];
        for (let dy = 0; dy < scale; dy++) {
          for (let dx = 0; dx < scale; dx++) values[(y + dy) * side + x + dx] = inverted ? 255 - value : value;
        }
      });
      assert.deepEqual(mnistForm({ width: side, values }), image);
    }
  }
});

test('paper without ink has no form', () => {
  for (const shade of [0, 90, 255]) {
    assert.equal(mnistForm({ width: 40, values: new Float32Array(40 * 50).fill(shade) }), null);
  }
});

test('a known digit is near itself, and a blob is doubted', () => {
  const images = mnist('t10k', 30);
  const known = images.map(outline);
  const own = likeness(images[0], [known[0], known[0], known[0]]);
  assert.ok(own.distance < 1e-3, String(own.distance));
  assert.equal(doubt(own, 0.5), null);
  const blob = Uint8Array.from({ length: 784 }, (_, at) => (Math.hypot((at % 28) - 14, at / 28 - 14) < 8 ? 255 : 0));
  assert.match(doubt(likeness(blob, known), 2) ?? '', /blob/);
  assert.match(doubt({ distance: 0.71, solid: 0.4 }, 0.6) ?? '', /0\.71 from MNIST's digits \(limit 0\.60\)/);
});
