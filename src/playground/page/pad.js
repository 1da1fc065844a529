// The pad: a drawing by mouse, finger, pen or keyboard.

import { PIXELS, SIDE } from './form.js';
import { onGrid } from './state.js';
import { PAD } from './strokes.js';

/** How far an arrow key moves the pen, of the pad's side; a fifth of it with Shift. */
const STEP = 1 / 16;

/**
 * Lets a reader draw on a canvas.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{ begin: (point: import('./strokes.js').Point) => void, extend: (point: import('./strokes.js').Point) => void }} pen
 * @param {(x: number, y: number, down: boolean) => void} showPen where the keyboard's pen is
 */
export function listen(canvas, pen, showPen) {
  const place = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return onGrid([(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
  };
  let drawing = false;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    drawing = true;
    pen.begin(place(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!drawing || !event.isPrimary) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const part of events.length > 0 ? events : [event]) pen.extend(place(part));
  });
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => (drawing = false));

  let [x, y, down] = [0.5, 0.25, false];
  const moves = /** @type {Record<string, [number, number]>} */ ({
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  });
  canvas.addEventListener('keydown', (event) => {
    const move = moves[event.key];
    if (move) {
      const far = event.shiftKey ? STEP / 5 : STEP;
      [x, y] = onGrid([x + move[0] * far, y + move[1] * far]);
      if (down) pen.extend([x, y]);
    } else if (event.key === ' ') {
      down = !down;
      if (down) pen.begin(onGrid([x, y]));
    } else return;
    event.preventDefault();
    showPen(x, y, down);
  });
  canvas.addEventListener('focus', () => canvas.matches(':focus-visible') && showPen(x, y, down));
  canvas.addEventListener('blur', () => {
    down = false;
    showPen(x, y, false);
  });
}

/**
 * Paints grey pixels, or an image of MNIST enlarged, in the page's colours.
 *
 * @param {HTMLCanvasElement} canvas @param {Float32Array | Uint8Array} ink 0 to 1 by pixel of the pad, or 0 to 255 of 784
 */
export function paint(canvas, ink) {
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(canvas);
  const [from, to] = [style.backgroundColor, style.color].map((colour) => (colour.match(/\d+/g) ?? []).map(Number));
  const image = new ImageData(PAD, PAD);
  const { data } = image;
  const small = ink.length === PIXELS;
  const [red, green, blue] = from;
  const [redder, greener, bluer] = to.map((channel, index) => channel - from[index]);
  for (let y = 0, at = 0; y < PAD; y++) {
    const row = Math.floor((y * SIDE) / PAD) * SIDE;
    for (let x = 0; x < PAD; x++, at++) {
      const full = small ? ink[row + Math.floor((x * SIDE) / PAD)] / 255 : ink[at];
      data[4 * at] = red + full * redder;
      data[4 * at + 1] = green + full * greener;
      data[4 * at + 2] = blue + full * bluer;
      data[4 * at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}
