// The list of all networks of a served page, in which any is found and put side by side with others.

import { count, thousands } from './numbers.js';
import { nameOf } from './trainee.js';

/** @typedef {import('./laboratory.js').Run} Run */

/** Rows that are added at a time: a list of a thousand would be slow. */
const ROWS = 40;

/** How a list may be ordered. @type {Record<string, (a: Run, b: Run) => number>} */
const ORDERS = {
  newest: (a, b) => (b.finished_at ?? 0) - (a.finished_at ?? 0),
  accurate: (a, b) => (b.test_accuracy ?? 0) - (a.test_accuracy ?? 0),
  units: (a, b) => a.num_units - b.num_units || a.seed - b.seed,
};

/** @param {string} id @returns {any} */
const part = (id) => document.getElementById(id);

/** What is said of a run in the list. @param {Run} run */
export function summaryOf(run) {
  const { built_in, seed, name, test_accuracy: accuracy } = run;
  const parts = [nameOf(run), built_in ? 'inside the program' : `seed ${seed}`];
  if (accuracy !== null) parts.push(`${(100 * accuracy).toFixed(1)} % of the test images`);
  return [...parts, name].join(' · ');
}

/**
 * The runs that a reader looks for: each word that is typed is the beginning of one of a run, and a number is a whole one.
 *
 * @param {Run[]} runs @param {string} typed @param {string} order one of `ORDERS`
 */
export function found(runs, typed, order) {
  const words = typed
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const matches = runs.filter((run) => {
    const text = ` ${summaryOf(run)
      .toLowerCase()
      .replace(/[\s,·]+/g, ' ')} `;
    return words.every((word) => text.includes(/^\d+$/.test(word) ? ` ${word} ` : ` ${word}`));
  });
  return matches.sort(ORDERS[order]);
}

export class Chooser {
  /**
   * @param {import('./laboratory.js').Laboratory} laboratory
   * @param {{ shows: (name: string) => boolean, choose: (name: string) => Promise<void> }} table what is side by side, and
   *   how a network gets there or is taken away
   */
  constructor(laboratory, table) {
    this.laboratory = laboratory;
    this.table = table;
    this.rows = ROWS;
    part('more').hidden = false;
    part('more').addEventListener('toggle', () => this.show());
    for (const [id, event] of [
      ['find', 'input'],
      ['order', 'change'],
    ]) {
      part(id).addEventListener(event, () => {
        this.rows = ROWS;
        this.show();
      });
    }
    part('more-rows').addEventListener('click', () => {
      const before = this.rows;
      this.rows += ROWS;
      this.show();
      part('found').children[before]?.querySelector('button').focus();
    });
    this.show();
  }

  /** Shows the list anew: a run has finished, or others are side by side. */
  show() {
    const runs = [...this.laboratory.runs.values()].filter(({ state }) => state === 'finished');
    part('more-count').textContent = `All ${count(runs.length, 'network')}`;
    if (!part('more').open) return;
    const matching = found(runs, part('find').value, part('order').value);
    const shown = matching.slice(0, this.rows);
    part('found-note').textContent =
      matching.length === 0
        ? 'No network has these words.'
        : `${thousands(shown.length)} of ${count(matching.length, 'network')}. Press one to put it side by side; again to take it away.`;
    part('more-rows').hidden = shown.length === matching.length;
    const focused = document.activeElement?.closest('#found') ? document.activeElement.getAttribute('data-name') : null;
    part('found').replaceChildren(...shown.map((run) => this.row(run)));
    if (focused !== null) {
      const again = [...part('found').querySelectorAll('button')].find(({ dataset }) => dataset.name === focused);
      again?.focus();
    }
  }

  /** @param {Run} run */
  row(run) {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = summaryOf(run);
    button.dataset.name = run.name;
    button.setAttribute('aria-pressed', String(this.table.shows(run.name)));
    button.addEventListener('click', () => this.table.choose(run.name));
    item.append(button);
    return item;
  }
}
