// Which networks are shown: a slider over num_units for the first, and boxes for up to three beside it.

import { BESIDE } from './state.js';

/**
 * @param {import('./source.js').Candidate[]} candidates by units
 * @param {() => string[]} now names of the networks that are shown
 * @param {(names: string[]) => void} choose
 */
export function picker(candidates, now, choose) {
  const sliders = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('.units-slider')]);
  const boxes = /** @type {HTMLElement} */ (document.getElementById('beside'));
  const names = candidates.map(({ name }) => name);
  for (const slider of sliders) {
    slider.max = String(candidates.length - 1);
    slider.addEventListener('input', () => {
      const chosen = names[Number(slider.value)];
      choose([
        chosen,
        ...now()
          .slice(1)
          .filter((name) => name !== chosen),
      ]);
    });
  }
  const inputs = candidates.map((candidate) => {
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
  });
  return () => {
    const shown = now();
    const first = names.indexOf(shown[0]);
    for (const slider of sliders) {
      slider.value = String(first);
      slider.setAttribute('aria-valuetext', candidates[first].label);
    }
    for (const output of document.querySelectorAll('.units-now')) output.textContent = candidates[first].label;
    inputs.forEach((input, index) => {
      input.checked = shown.includes(names[index]);
      // The slider's own is always shown; more than four are too small to read.
      input.disabled = index === first || (!input.checked && shown.length >= BESIDE);
    });
  };
}
