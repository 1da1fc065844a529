// A run in the list of the training panel: what it is doing, and what may be asked of it.

import { labelOf } from './candidate.js';
import { percent } from './numbers.js';

/** @typedef {import('./laboratory.js').Run} Run */

const STATES = {
  training: 'Training',
  paused: 'Paused',
  stopped: 'Stopped',
  finished: 'Finished',
  failed: 'Failed',
};

/** @param {Run} run */
export const nameOf = (run) => labelOf(run.num_units, run.num_layers, run.timesteps, run.view);

/** What a run is doing, in words. @param {Run} run */
export function doing(run) {
  const { state, steps, total_steps, total_epochs, curve, validation_accuracy, test_accuracy, error } = run;
  if (state === 'failed') return `${STATES.failed}: ${error}`;
  const done = total_steps > 0 ? (total_epochs * steps) / total_steps : 0;
  const parts = [
    state === 'finished'
      ? STATES.finished
      : `${STATES[state]}, epoch ${done.toFixed(2)} of ${total_epochs}, step ${steps}`,
  ];
  const last = curve.at(-1);
  if (last && state !== 'finished') {
    parts.push(`loss ${last.train_loss.toFixed(3)}`, `${percent(last.train_accuracy)} of the training images right`);
  }
  if (validation_accuracy !== null) parts.push(`${(100 * validation_accuracy).toFixed(1)} % of the validation images`);
  if (test_accuracy !== null) parts.push(`${(100 * test_accuracy).toFixed(1)} % of the test images`);
  return parts.join(' · ');
}

export class Trainee {
  /** @param {Run} run @param {number} colour @param {(action: 'pause' | 'step' | 'resume' | 'stop') => void} act */
  constructor(run, colour, act) {
    this.run = run;
    this.element = document.createElement('li');
    this.element.className = 'trainee';
    this.element.innerHTML = `<h3><span class="swatch series-${colour}"></span> <span class="title"></span></h3><p class="doing"></p>
<progress max="1" value="0"></progress><p class="reads"></p>
<p class="buttons"><button type="button" class="go"></button><button type="button" class="step">One step</button><button type="button" class="stop">Stop</button></p>`;
    const title = `${nameOf(run)}, seed ${run.seed}`;
    this.part('.title').textContent = title;
    this.part('progress').setAttribute('aria-label', `Progress of ${title}`);
    for (const button of ['.step', '.stop']) {
      this.part(button).setAttribute('aria-label', `${this.part(button).textContent}: ${title}`);
    }
    this.title = title;
    this.part('.go').addEventListener('click', () => act(this.run.state === 'training' ? 'pause' : 'resume'));
    for (const action of /** @type {const} */ (['step', 'stop'])) {
      const button = this.part(`.${action}`);
      // Not disabled, which would take the focus away when a step begins.
      button.addEventListener('click', () => button.getAttribute('aria-disabled') !== 'true' && act(action));
    }
  }

  /** @param {string} selector @returns {HTMLElement} */
  part(selector) {
    return /** @type {HTMLElement} */ (this.element.querySelector(selector));
  }

  /** @param {Run} run @param {{ digit: number, probability: number } | null} answer for the digit on the table */
  show(run, answer) {
    this.run = run;
    const { state, steps, total_steps } = run;
    this.part('.doing').textContent = doing(run);
    const progress = /** @type {HTMLProgressElement} */ (this.part('progress'));
    progress.value = total_steps > 0 ? (state === 'finished' ? 1 : steps / total_steps) : 0;
    this.part('.reads').textContent = answer
      ? `Reads the digit on the table as ${answer.digit} (${percent(answer.probability)})`
      : '';
    this.part('.buttons').hidden = state === 'finished';
    const word = state === 'training' ? 'Pause' : 'Resume';
    this.part('.go').textContent = word;
    this.part('.go').setAttribute('aria-label', `${word}: ${this.title}`);
    this.part('.step').setAttribute('aria-disabled', String(state === 'training'));
    this.part('.stop').setAttribute('aria-disabled', String(!['training', 'paused'].includes(state)));
  }
}
