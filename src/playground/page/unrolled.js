// The drawing that num_units is mistaken in: the cell, drawn once for each timestep or once with a loop, in one layer or two.

import { label, rect, svg } from './charts.js';
import { count } from './numbers.js';

/** The largest hidden state that fills a box. */
const FULL = 128;
const [WIDTH, BROAD, HIGH, LINE] = [900, 22, 74, 108];

/**
 * @param {{ units: number, steps: number, layers: number, cells: import('./state.js').Cells, now: number, slices: string[] }} network
 *   `now`: timesteps that have been read; `slices`: what the first and the last timestep read
 */
export function unrolledChart({ units, steps, layers, cells, now, slices }) {
  const drawn = cells === 'folded' ? 1 : steps;
  const height = 46 + layers * LINE;
  const pitch = drawn === 1 ? 0 : Math.min((WIDTH - 60 - BROAD) / (drawn - 1), 60);
  const box = drawn === 1 ? BROAD : Math.min(BROAD, 0.75 * pitch);
  const first = (WIDTH - pitch * (drawn - 1) - box) / 2;
  const parts = [];
  for (let layer = 0; layer < layers; layer++) {
    const top = height - 26 - (layer + 1) * LINE + 14;
    const middle = top + HIGH / 2;
    for (let index = 0; index < drawn; index++) {
      const x = first + index * pitch;
      parts.push(`<rect class="cell" x="${x}" y="${top}" width="${box}" height="${HIGH}" rx="3"/>`);
      parts.push(
        rect(
          drawn === 1 || index < now ? 'f0' : 'muted-bar',
          x + box / 4,
          top + HIGH - 4 - fill(units),
          box / 2,
          fill(units),
        ),
      );
      parts.push(`<path class="axis" d="M${x + box / 2} ${top + HIGH + 18}v-16"/>`);
      if (index + 1 < drawn) parts.push(`<path class="axis" d="M${x + box} ${middle}h${pitch - box}"/>`);
    }
    if (drawn === 1) {
      parts.push(
        `<path class="axis" d="M${first + box} ${middle}h20v-${HIGH / 2 + 9}h-${box + 40}v${HIGH / 2 + 9}h20"/>`,
      );
      parts.push(
        label(`${steps} times: h and c go round`, first + box + 28, middle + 4, { anchor: 'start', size: 13 }),
      );
    }
    const last = first + pitch * (drawn - 1) + box;
    if (layer === layers - 1 && drawn > 1) parts.push(`<path class="axis" d="M${last} ${middle}h18"/>`);
  }
  parts.push(
    label(drawn === 1 ? `${slices[0]} to ${slices[1]}, one at each timestep` : slices[0], first + box / 2, height - 6, {
      size: 13,
    }),
  );
  if (drawn > 1) parts.push(label(slices[1], first + pitch * (drawn - 1) + box / 2, height - 6, { size: 13 }));
  return svg({
    width: WIDTH,
    height,
    title: 'The network, unrolled over its timesteps or drawn once',
    description: `${count(drawn, 'cell')} drawn in ${count(layers, 'layer')}; the bar in each cell is its hidden state of ${count(units, 'unit')}.`,
    content: parts.join(''),
  });
}

/** @param {number} units Height of the bar for a hidden state: of full height at 128 units. */
function fill(units) {
  return Math.max((Math.min(units, FULL) / FULL) * (HIGH - 8), 2);
}
