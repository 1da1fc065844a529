// What the served page makes of the program's events, of its form, and of curves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accuracyChart, lossChart, niceStep, unitsChart } from '../../src/playground/page/curves.js';
import { follow } from '../../src/playground/page/laboratory.js';
import { arrange } from '../../src/playground/page/candidate.js';
import { found, summaryOf } from '../../src/playground/page/chooser.js';
import { atFirst } from '../../src/playground/page/source.js';
import { doing } from '../../src/playground/page/trainee.js';
import { commandOf, imagesAt, settingsOf } from '../../src/playground/page/training.js';

/** A run in training, after 10 of 100 steps. */
const run = (changes = {}) => ({
  name: 'u16',
  path: 'u16',
  state: 'training',
  error: null,
  own: true,
  built_in: false,
  num_units: 16,
  num_layers: 1,
  timesteps: 28,
  sources: null,
  view: [],
  seed: 1,
  batch_size: 128,
  train_images: 1000,
  total_steps: 16,
  total_epochs: 2,
  steps: 4,
  epochs: 0,
  validation_accuracy: null,
  test_accuracy: null,
  finished_at: null,
  curve: [{ epoch: 1, step: 4, train_loss: 2, train_accuracy: 0.25 }],
  history: [],
  ...changes,
});

test('an event that tells nothing new changes nothing', () => {
  const now = run();
  const epoch = {
    epoch: 1,
    steps: 8,
    train_loss: 1,
    train_accuracy: 0.5,
    validation_loss: 1,
    validation_accuracy: 0.6,
  };
  const step = { epoch: 1, step: 8, train_loss: 1.5, train_accuracy: 0.5 };
  for (let twice = 0; twice < 2; twice++) {
    follow(now, 'step', step);
    follow(now, 'epoch', epoch);
  }
  assert.deepEqual([now.curve.length, now.history.length], [2, 1]);
  assert.deepEqual([now.steps, now.epochs, now.validation_accuracy], [8, 1, 0.6]);
});

test('a run that goes on from a checkpoint loses what was done after it', () => {
  const now = run({ state: 'failed', error: 'diverged', steps: 9 });
  now.curve.push({ epoch: 2, step: 9, train_loss: 90, train_accuracy: 0.1 });
  follow(now, 'state', { state: 'training', epoch: 2, step: 8 });
  assert.deepEqual([now.state, now.error, now.steps, now.curve.length], ['training', null, 8, 1]);
});

test('a run says what it is doing', () => {
  assert.equal(doing(run()), 'Training, epoch 0.50 of 2, step 4 · loss 2.000 · 25 % of the training images right');
  const finished = run({ validation_accuracy: 0.9, test_accuracy: 0.912 });
  follow(finished, 'finished', { step: 16, validation_accuracy: 0.9, test_accuracy: 0.912 });
  assert.equal(doing(finished), 'Finished · 90.0 % of the validation images · 91.2 % of the test images');
  follow(finished, 'failed', { error: 'the disk is full' });
  assert.equal(doing(finished), 'Failed: the disk is full');
});

test('settings at their defaults are left out, so that the command is short', () => {
  const form = {
    'num-units': 16,
    'num-layers': 1,
    epochs: 5,
    'learning-rate': 0.008,
    seed: 1,
    rows: 28,
    'train-limit': 55000,
  };
  assert.deepEqual(settingsOf(form), { 'num-units': 16, epochs: 5 });
  assert.equal(
    commandOf(settingsOf({ ...form, rows: 14, 'train-limit': 1000 })),
    'rowlstm train --num-units 16 --epochs 5 --rows 14 --train-limit 1000',
  );
});

test('images are counted over the smaller last batch of an epoch', () => {
  assert.deepEqual(
    [0, 7, 8, 9, 16].map((step) => imagesAt(run(), step)),
    [0, 896, 1000, 1128, 2000],
  );
});

test('a page fetches at first what is inside the program, in its address or in training, and the runs that finished last', () => {
  const finished = Array.from({ length: 50 }, (_, at) => run({ name: `f${at}`, state: 'finished', finished_at: at }));
  const others = [
    run({ name: 'new', steps: 0 }),
    run({ name: 'paused', state: 'paused' }),
    run({ name: 'digits-8', state: 'finished', built_in: true }),
  ];
  const names = atFirst([...finished, ...others], ['f3', 'gone']).map(({ name }) => name);
  assert.deepEqual(names, ['f3', 'f43', 'f44', 'f45', 'f46', 'f47', 'f48', 'f49', 'paused', 'digits-8']);
});

test('a run is found among a thousand by its words, and numbers are whole ones', () => {
  const runs = Array.from({ length: 1000 }, (_, at) =>
    run({
      name: `u${(at % 4) + 8}-l1-s${at}-abc${at}`,
      num_units: (at % 4) + 8,
      seed: at,
      state: 'finished',
      finished_at: at,
      test_accuracy: ((at * 7) % 1000) / 1000,
    }),
  );
  const names = (...search) => found(runs, ...search).map(({ name }) => name);
  assert.equal(names('', 'newest').length, 1000);
  assert.deepEqual(names('', 'newest').slice(0, 2), ['u11-l1-s999-abc999', 'u10-l1-s998-abc998']);
  assert.deepEqual(names('8 units, seed 4', 'units'), ['u8-l1-s4-abc4']);
  assert.deepEqual(names('U9-L1-S13', 'units'), ['u9-l1-s13-abc13', 'u9-l1-s133-abc133', 'u9-l1-s137-abc137']);
  assert.equal(names('8 units', 'units').length, 250);
  assert.deepEqual(names('nothing', 'accurate'), []);
  const [best] = found(runs, '', 'accurate');
  assert.equal(summaryOf(best), '9 units · seed 857 · 99.9 % of the test images · u9-l1-s857-abc857');
});

test('networks of a kind are called by their seeds, or else by their names', () => {
  const network = (name, units, seed) => ({ name, seed, timesteps: 28, view: [], network: { units, layers: [{}] } });
  const labels = (...networks) => arrange(networks).map(({ label }) => label);
  const [inside, first, second] = [network('digits-8', 8, null), network('u8-a', 8, 1), network('u8-b', 8, 2)];
  assert.deepEqual(labels(inside, network('u16', 16, 1)), ['8 units', '16 units']);
  assert.deepEqual(labels(second, inside, first), ['8 units', '8 units, seed 1', '8 units, seed 2']);
  const again = network('u8-c', 8, 2);
  assert.deepEqual(labels(first, second, again), ['8 units, seed 1', '8 units, u8-b', '8 units, u8-c']);
  assert.deepEqual(labels(inside, network('x', 8, null)), ['8 units, digits-8', '8 units, x']);
});

test('charts hold every line and mark, and numbers only', () => {
  const line = (name, colour, points, marks) => ({ name, short: name, colour, points, marks });
  const lines = [
    line(
      '16',
      0,
      [
        [0, 2.3],
        [50_000, 0.001],
      ],
      [],
    ),
    line(
      '<b>',
      1,
      [
        [0, 9],
        [60_000, 0.2],
      ],
      [],
    ),
  ];
  const loss = lossChart(lines);
  assert.equal(loss.match(/<path class="l\d"/g).length, 2);
  assert.ok(loss.includes('&#60;b&#62;') && !loss.includes('<b>') && !loss.includes('NaN'));
  const accuracy = accuracyChart([
    line(
      '16',
      0,
      [
        [128, 0],
        [256, 1],
      ],
      [[256, 0.97]],
    ),
  ]);
  assert.equal(accuracy.match(/<circle/g).length, 1);
  assert.ok(accuracy.includes('>0 %<') && accuracy.includes('>90 %<') && !accuracy.includes('NaN'));
  for (const empty of [lossChart([]), accuracyChart([]), unitsChart([])]) {
    assert.ok(!/NaN|Infinity/.test(empty), empty);
  }
  const units = unitsChart([
    { units: 1024, accuracy: 0.99, colour: null, learning: false },
    { units: 1, accuracy: 0.3, colour: 2, learning: true },
  ]);
  assert.ok(units.includes('>1024<') && units.includes('>1<') && units.includes('class="o2"'));
});

test('an axis has three to seven steps', () => {
  for (const most of [1, 100, 999, 5500, 55_000, 275_000, 1_000_000, 7.3e6]) {
    const steps = Math.floor(most / niceStep(most));
    assert.ok(steps >= 3 && steps <= 7, `${most}: ${steps}`);
  }
});
