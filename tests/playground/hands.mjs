// The digits of hands.json as they are drawn: smooth strokes, of any size, turned, anywhere on the pad.
import { readFileSync } from 'node:fs';

/** @typedef {[number, number][]} Stroke */

/** Points of a curve from one point of its stroke to the next. */
const BETWEEN = 6;

const file = new URL('hands.json', import.meta.url);
/** Strokes of each digit, of each hand. @type {Stroke[][][]} */
export const HANDS = JSON.parse(readFileSync(file, 'utf8')).hands.map(({ digits }) =>
  digits.map((digit) => digit.map(smooth)),
);

/** The curve through the points of a stroke (Catmull and Rom 1974, uniform). @param {Stroke} points @returns {Stroke} */
function smooth(points) {
  const curve = [points[0]];
  for (let index = 0; index + 1 < points.length; index++) {
    const [a, b, c, d] = [-1, 0, 1, 2].map((near) => points[Math.min(Math.max(index + near, 0), points.length - 1)]);
    for (let part = 1; part <= BETWEEN; part++) {
      const t = part / BETWEEN;
      const on = (/** @type {0 | 1} */ axis) =>
        0.5 *
        (2 * b[axis] +
          (c[axis] - a[axis]) * t +
          (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis]) * t * t +
          (3 * b[axis] - a[axis] - 3 * c[axis] + d[axis]) * t * t * t);
      curve.push([on(0), on(1)]);
    }
  }
  return curve;
}

/**
 * A digit of another size, turned and moved. It stays on the pad.
 *
 * @param {Stroke[]} strokes
 * @param {{ height?: number, turn?: number, corner?: [number, number] | null }} how height of the pad that the digit takes
 *   before it is turned; degrees, clockwise; towards which corner it is pushed, as [-1, 1] for bottom left, `null`: centred
 * @returns {Stroke[]}
 */
export function placed(strokes, { height = 0.65, turn = 0, corner = null }) {
  const angle = (turn * Math.PI) / 180;
  const box = boxOf(strokes);
  const scale = height / (box.bottom - box.top);
  const turned = strokes.map((stroke) =>
    stroke.map(([x, y]) => {
      const [dx, dy] = [(x - (box.left + box.right) / 2) * scale, (y - (box.top + box.bottom) / 2) * scale];
      return [dx * Math.cos(angle) - dy * Math.sin(angle), dx * Math.sin(angle) + dy * Math.cos(angle)];
    }),
  );
  const { left, right, top, bottom } = boxOf(turned);
  // Half a broad pen, and a pixel, around it.
  const free = ([from, to]) => Math.max(0.5 - 0.05 - (to - from) / 2, 0);
  const [x, y] = [0.5 - (left + right) / 2, 0.5 - (top + bottom) / 2];
  const [across, down] = corner ? [corner[0] * free([left, right]), corner[1] * free([top, bottom])] : [0, 0];
  return turned.map((stroke) => stroke.map((point) => [point[0] + x + across, point[1] + y + down]));
}

/** @param {Stroke[]} strokes */
function boxOf(strokes) {
  const [across, down] = [0, 1].map((axis) => strokes.flat().map((point) => point[axis]));
  return { left: Math.min(...across), right: Math.max(...across), top: Math.min(...down), bottom: Math.max(...down) };
}
