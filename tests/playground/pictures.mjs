// Writes pictures of digits and of other things as PNG files into a folder, and their grey pixels to standard output, one
// JSON object per line: test images of MNIST, enlarged, dark or bright, on paper of several sizes and shades, noisy or
// unevenly lit, and strokes at random.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { Drawing, PAD } from '../../src/playground/page/strokes.js';
import { mnist } from './program.mjs';

const [folder] = process.argv.slice(2);

/** A generator of numbers from 0 to 1, the same every time. */
let seed = 1;
function random() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}
const between = (low, high) => low + Math.floor(random() * (high - low + 1));

/** A chunk of a PNG file (W3C, Portable Network Graphics, 5.3). */
function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, sum]);
}

/** The checksum of a chunk (W3C, Portable Network Graphics, annex D). */
function crc(bytes) {
  if (crc32) return crc32(bytes);
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

function save(name, width, grey) {
  const height = grey.length / width;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const rows = Array.from({ length: height }, (_, y) => Buffer.from([0, ...grey.subarray(y * width, (y + 1) * width)]));
  const chunks = [chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))];
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  writeFileSync(path.join(folder, name), Buffer.concat([signature, ...chunks]));
  console.log(JSON.stringify({ name, width, grey: Buffer.from(grey).toString('base64') }));
}

/** A digit on paper: enlarged by a number that need not be whole, then lit. */
function digit(image, kind) {
  const scale = 1 + 9 * random();
  const size = Math.ceil(28 * scale);
  const [width, height] = [size + between(0, 60), size + between(0, 60)];
  const [left, top] = [between(0, width - size), between(0, height - size)];
  const dark = random() < 0.5;
  const [paper, ink] = dark ? [between(150, 255), between(0, 100)] : [between(0, 100), between(150, 255)];
  const slope = kind === 'lit' ? [random() - 0.5, random() - 0.5, random() * 0.3] : [0, 0, 0];
  const noise = kind === 'noisy' ? between(1, 14) : 0;
  const grey = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [Math.floor((x - left) / scale), Math.floor((y - top) / scale)];
      const inside = column >= 0 && column < 28 && row >= 0 && row < 28;
      const amount = inside ? image[28 * row + column] / 255 : 0;
      const [across, down] = [(2 * x) / width - 1, (2 * y) / height - 1];
      const light = 1 + 0.5 * slope[0] * across + 0.5 * slope[1] * down - slope[2] * across * across;
      const value = (paper + amount * (ink - paper)) * light + noise * (random() + random() + random() - 1.5);
      grey[y * width + x] = Math.min(Math.max(Math.round(value), 0), 255);
    }
  }
  return { width, grey };
}

mnist('t10k', 160).forEach((image, index) => {
  const kind = ['plain', 'noisy', 'lit'][index % 3];
  const { width, grey } = digit(image, kind);
  save(`${kind}-${index}.png`, width, grey);
});

for (let index = 0; index < 80; index++) {
  const drawing = new Drawing();
  for (let stroke = between(1, 4); stroke > 0; stroke--) {
    drawing.begin([random(), random()]);
    for (let point = between(1, 6); point > 0; point--) drawing.extend([random(), random()]);
  }
  save(`strokes-${index}.png`, PAD, Uint8Array.from(drawing.grey().values));
}

const sizes = [
  [28, 28],
  [1, 1],
  [3, 200],
  [280, 280],
];
sizes.forEach(([width, height], index) =>
  save(`blank-${index}.png`, width, new Uint8Array(width * height).fill(60 * index)),
);
