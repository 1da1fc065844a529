// Which networks are shown: a slider over num_units for the first, and boxes for up to three beside it.

import { BESIDE } from './state.js';

/**
 * @param {import('./candidate.js').Candidate[]} candidates by units; more may come
 * @param {() => string[]} now names of the networks that are shown
 * @param {(names: string[]) => void} choose
 * @returns {() => void} shows what is chosen
 */
export function picker(candidates, now, choose) {
  const sliders = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('.units-slider')]);
  const boxes = /** @type {HTMLElement} */ (document.getElementById('beside'));
  /** @type {HTMLInputElement[]} */
  let inputs = [];
  let labels = '';
  for (const slider of sliders) {
    slider.addEventListener('input', () => {
      const chosen = candidates[Number(slider.value)].name;
      const beside = now().slice(1);
      choose([chosen, ...beside.filter((name) => name !== chosen)]);
    });
  }
  const box = (/** @type {import('./candidate.js').Candidate} */ candidate) => {
    const input = document.createElement('input');
    input.type = 'checkbox';
    const label = document.createElement('label');
    label.append(input, candidate.label);
    boxes.append(label);
    input.addEventListener('change', () => {
      const others = now().filter((name) => name !== candidate.name);
      choose(input.checked ? [...others, candidate.name] : others);
    });
    return input;
  };
  return () => {
    const wanted = candidates.map(({ label }) => label).join('\n');
    if (wanted !== labels) {
      labels = wanted;
      boxes.replaceChildren();
      inputs = candidates.map(box);
    }
    const shown = now();
    const first = candidates.findIndex(({ name }) => name === shown[0]);
    for (const slider of sliders) {
      slider.max = String(candidates.length - 1);
      slider.value = String(first);
      slider.setAttribute('aria-valuetext', candidates[first].label);
    }
    for (const output of document.querySelectorAll('.units-now')) output.textContent = candidates[first].label;
    inputs.forEach((input, index) => {
      input.checked = shown.includes(candidates[index].name);
      // The slider's own is always shown; more than four are too small to read.
      input.disabled = index === first || (!input.checked && shown.length >= BESIDE);
    });
  };
}
