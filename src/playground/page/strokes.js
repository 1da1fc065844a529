// A drawing as strokes, and strokes as grey pixels: black ink on white paper. Pixels are computed here and not read back from
// a canvas, so they are the same in every browser.

/**
 * @typedef {[number, number]} Point Across and down the pad, each 0 to 1.
 * @typedef {Point[]} Stroke
 * @typedef {import('./light.js').Grey} Grey
 */

/** Pixels across and down the pad. */
export const PAD = 280;
/** Breadths of a stroke in pixels. Of the broad one a digit that fills the pad is about as bold as MNIST's. */
export const PENS = { broad: 24, thin: 14 };

/** A drawing that grows, point by point; its pixels follow. */
export class Drawing {
  constructor() {
    /** @type {Stroke[]} */
    this.strokes = [];
    /** How much of each pixel is ink, 0 to 1. */
    this.ink = new Float32Array(PAD * PAD);
    /** Breadth of the strokes in pixels. */
    this.pen = PENS.broad;
  }

  /** Whether there is nothing on the paper. */
  get empty() {
    return this.strokes.length === 0;
  }

  /** @param {Point} point Where the pen is set down. */
  begin(point) {
    this.strokes.push([point]);
    this.mark(point, point);
  }

  /** @param {Point} point Where the pen moves to. */
  extend(point) {
    const stroke = this.strokes[this.strokes.length - 1];
    this.mark(stroke[stroke.length - 1], point);
    stroke.push(point);
  }

  /** Takes back the last stroke. */
  undo() {
    this.replace(this.strokes.slice(0, -1));
  }

  /** @param {Stroke[]} strokes */
  replace(strokes) {
    this.strokes = strokes;
    this.ink.fill(0);
    for (const stroke of strokes) {
      stroke.forEach((point, index) => this.mark(stroke[Math.max(index - 1, 0)], point));
    }
  }

  /** Draws all strokes with another pen. @param {'broad' | 'thin'} pen */
  take(pen) {
    this.pen = PENS[pen];
    this.replace(this.strokes);
  }

  /** @returns {Grey} The drawing as a picture of whole grey levels. */
  grey() {
    return { width: PAD, values: this.ink.map((ink) => Math.round(255 * (1 - ink))) };
  }

  /**
   * Inks what is within half a pen's breadth of a line.
   *
   * @param {Point} from @param {Point} to
   */
  mark(from, to) {
    const [ax, ay, bx, by] = [...from, ...to].map((part) => part * PAD);
    const [dx, dy] = [bx - ax, by - ay];
    const squared = dx * dx + dy * dy;
    const reach = this.pen / 2 + 1;
    const first = (/** @type {number} */ a, /** @type {number} */ b) => Math.max(Math.floor(Math.min(a, b) - reach), 0);
    const last = (/** @type {number} */ a, /** @type {number} */ b) => Math.min(Math.ceil(Math.max(a, b) + reach), PAD);
    for (let y = first(ay, by); y < last(ay, by); y++) {
      for (let x = first(ax, bx); x < last(ax, bx); x++) {
        const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
        const along = squared > 0 ? Math.min(Math.max((px * dx + py * dy) / squared, 0), 1) : 0;
        const away = Math.hypot(px - along * dx, py - along * dy);
        const ink = Math.min(Math.max(this.pen / 2 + 0.5 - away, 0), 1);
        const at = y * PAD + x;
        if (ink > this.ink[at]) this.ink[at] = ink;
      }
    }
  }
}
