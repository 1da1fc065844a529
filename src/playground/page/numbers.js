// Numbers as every part of the page prints them, and text that may stand in markup.

/** @param {number} value With commas between thousands. */
export function thousands(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** @param {number} value With two decimals; a minus as broad as a digit. */
export function plain(value) {
  const text = Math.abs(value).toFixed(2);
  return (value < 0 && Number(text) !== 0 ? '−' : '') + text;
}

/** @param {number} fraction In whole per cents; not 0 or 100 if it is neither. */
export function percent(fraction) {
  if (fraction > 0 && fraction < 0.005) return '<1 %';
  if (fraction < 1 && fraction > 0.995) return '>99 %';
  return `${Math.round(100 * fraction)} %`;
}

/** @param {number} number @param {string} thing */
export function count(number, thing) {
  return `${thousands(number)} ${thing}${number === 1 ? '' : 's'}`;
}

/** @param {string} text Safe inside an element and an attribute. */
export function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
