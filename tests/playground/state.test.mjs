// The page's state in its address, and drawings as pixels.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from '../../src/playground/page/takeaway.js';
import { fromFragment, initialState, onGrid, toFragment } from '../../src/playground/page/state.js';
import { Drawing, PAD } from '../../src/playground/page/strokes.js';

const known = { names: ['u8', 'u16 b', 'u32&c', 'u64', 'u128'], images: 200, defaults: ['u8', 'u64'] };

test('a state is the same after its address was opened', () => {
  const states = [
    { ...initialState(), image: 17, networks: ['u16 b', 'u32&c'], step: 3 },
    {
      ...initialState(),
      image: null,
      strokes: [[onGrid([0.1, 0.2]), onGrid([0.999, 0])], [onGrid([1, 1])]],
      pen: 'thin',
      networks: ['u8', 'u64', 'u128', 'u16 b'],
      rows: 14,
      shown: ['c', 'o'],
      unit: 5,
      of: 2,
      layers: 2,
      cells: 'folded',
    },
  ];
  for (const state of states) assert.deepEqual(fromFragment(`#${toFragment(state)}`, known), state);
});

test('what an address says wrongly is as at first', () => {
  const first = { ...initialState(), networks: known.defaults };
  const wrong = [
    '',
    '#',
    '#image=200&network=nobody&step=-1&rows=9&show=xyz&unit=1e9&layers=7&cells=none&of=9&pen=wide',
    '#image=1.5&drawing=zz&step=99999999',
    '#drawing=' + 'f'.repeat(100_000),
    '#%E0%A4%A',
  ];
  for (const fragment of wrong) assert.deepEqual(fromFragment(fragment, known), first, fragment.slice(0, 40));
  const many = fromFragment('#network=u8&network=u16+b&network=u64&network=u128&network=u32%26c&network=u8', known);
  assert.deepEqual(many.networks, ['u8', 'u16 b', 'u64', 'u128']);
});

test('a drawing of one point is a disc of the pen, and undo takes back one stroke', () => {
  const drawing = new Drawing();
  assert.ok(drawing.empty && drawing.grey().values.every((value) => value === 255));
  drawing.begin([0.5, 0.5]);
  const dot = drawing.grey().values.slice();
  assert.equal(dot[(PAD / 2) * PAD + PAD / 2], 0);
  const area = dot.reduce((sum, value) => sum + (255 - value) / 255, 0);
  assert.ok(Math.abs(area - Math.PI * 12 ** 2) < 2, `${area} pixels of ink`);
  drawing.take('thin');
  const thin = drawing.grey().values.reduce((sum, value) => sum + (255 - value) / 255, 0);
  assert.ok(Math.abs(thin - Math.PI * 7 ** 2) < 2, `${thin} pixels of ink`);
  drawing.take('broad');
  assert.deepEqual(drawing.grey().values, dot);
  drawing.begin([0.1, 0.1]);
  drawing.extend([0.9, 0.1]);
  assert.notDeepEqual(drawing.grey().values, dot);
  drawing.undo();
  assert.deepEqual(drawing.grey().values, dot);
  drawing.undo();
  assert.ok(drawing.empty && drawing.grey().values.every((value) => value === 255));
});

test('ink that grows point by point is that of the whole drawing', () => {
  const strokes = [
    [
      [0.2, 0.1],
      [0.8, 0.15],
      [0.4, 0.9],
    ],
    [
      [-0.1, 1.2],
      [0.3, 0.5],
    ],
  ];
  const grown = new Drawing();
  for (const [first, ...rest] of strokes) {
    grown.begin(first);
    for (const point of rest) grown.extend(point);
  }
  const whole = new Drawing();
  whole.replace(strokes);
  assert.deepEqual(grown.ink, whole.ink);
});

test('the command names networks as a shell needs it', () => {
  assert.equal(
    command(['u8-l1', "it's"], 4, ['c', 'g']),
    "rowlstm inspect u8-l1 'it'\\''s' --image 4 --show hidden,cell,candidate",
  );
  assert.equal(command(['u8'], null, []), 'rowlstm predict u8 drawing.png --show');
});
