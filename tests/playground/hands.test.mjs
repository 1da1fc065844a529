// Drawings of ten digits in three hands, as a reader makes them, read by the networks inside the program.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { candidateOf } from '../../src/playground/page/candidate.js';
import { mnistForm } from '../../src/playground/page/form.js';
import { answerAfter, read } from '../../src/playground/page/reading.js';
import { onGrid } from '../../src/playground/page/state.js';
import { Drawing, PENS } from '../../src/playground/page/strokes.js';
import { HANDS, placed } from './hands.mjs';

const CORNERS = [
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
];

/** What a network answers for a drawing. */
function answer(candidate, strokes, pen) {
  const drawing = new Drawing();
  drawing.take(pen);
  drawing.replace(strokes.map((stroke) => stroke.map(onGrid)));
  const reading = read(candidate, mnistForm(drawing.grey()));
  return answerAfter(reading, reading.beliefs.length).digit;
}

function network(units) {
  const name = `digits-${units}`;
  const file = readFileSync(new URL(`../../data/networks/${name}.safetensors`, import.meta.url));
  return candidateOf({ name, timesteps: 28, sources: null, view: [], seed: null, epochs: null, accuracy: null }, file);
}

/** Every drawing: hand, digit, pen, height, turn, place. */
function* drawings() {
  let made = 0;
  for (const [hand, digits] of HANDS.entries()) {
    for (const [digit, strokes] of digits.entries()) {
      for (const pen of Object.keys(PENS)) {
        for (const height of [0.4, 0.6, 0.8]) {
          for (const turn of [-12, 0, 12]) {
            for (const corner of [null, CORNERS[made % 4]]) {
              yield { hand, digit, pen, height, turn, corner, strokes: placed(strokes, { height, turn, corner }) };
            }
            made++;
          }
        }
      }
    }
  }
}

test('at least 95 % of the drawings are read rightly by 128 units', () => {
  const candidate = network(128);
  const right = new Map();
  let all = 0;
  const wrong = new Map();
  for (const { hand, digit, pen, height, turn, corner, strokes } of drawings()) {
    const found = answer(candidate, strokes, pen);
    all++;
    const kinds = [
      'all',
      `hand ${hand + 1}`,
      `digit ${digit}`,
      `${pen} pen`,
      `height ${height}`,
      `turned ${turn}`,
      corner ? 'in a corner' : 'centred',
    ];
    for (const kind of kinds) {
      const [correct, of] = right.get(kind) ?? [0, 0];
      right.set(kind, [correct + Number(found === digit), of + 1]);
    }
    if (found !== digit) {
      const kind = `hand ${hand + 1}: ${digit} read as ${found}, ${pen}, ${height}, turned ${turn}`;
      wrong.set(kind, (wrong.get(kind) ?? 0) + 1);
    }
  }
  for (const [kind, [correct, of]] of right)
    console.log(`${kind}: ${correct} of ${of}, ${((100 * correct) / of).toFixed(1)} %`);
  for (const [kind, times] of wrong) console.log(`${kind}: ${times} times`);
  assert.equal(all, 3 * 10 * 2 * 3 * 3 * 2);
  assert.ok(right.get('all')[0] >= 0.95 * all);
});

test('the pen, the place and a turn change the pixels', () => {
  const forms = new Set();
  const images = [];
  for (const { hand, digit, pen, height, strokes } of drawings()) {
    if (hand > 0 || digit > 0 || height !== 0.6) continue;
    const drawing = new Drawing();
    drawing.take(pen);
    drawing.replace(strokes);
    images.push(drawing.grey().values.join());
    forms.add(images.at(-1));
    // Off the edge nothing is drawn, and nothing may be lost.
    const ink = drawing.grey().values;
    for (let at = 0; at < 280; at++)
      assert.equal(ink[at] + ink[279 * 280 + at] + ink[280 * at] + ink[280 * at + 279], 4 * 255);
  }
  assert.equal(forms.size, images.length);
  assert.equal(images.length, 12);
});
