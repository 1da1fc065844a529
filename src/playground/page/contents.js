// Test images, and digits to compare drawings with, as the program writes them (src/playground/content.rs).

import { PIXELS } from './form.js';
import { outline } from './likeness.js';

/**
 * @typedef {{ label: number, pixels: Uint8Array }} TestImage
 * @typedef {{ outlines: Float32Array[], farthest: number }} Known
 */

/** @param {{ labels: number[], pixels: string }} images @returns {Promise<TestImage[]>} */
export async function imagesOf({ labels, pixels }) {
  const all = await decompressed(pixels);
  return labels.map((label, index) => ({ label, pixels: all.subarray(index * PIXELS, (index + 1) * PIXELS) }));
}

/**
 * Outlines of the known digits, computed in slices so that the page stays awake.
 *
 * @param {{ pixels: string, shades: number, farthest: number }} known
 * @returns {Promise<Known>}
 */
export async function describe({ pixels, shades, farthest }) {
  const stored = await decompressed(pixels);
  const images = stored.map((shade) => Math.round((255 * shade) / (shades - 1)));
  const outlines = [];
  for (let at = 0; at < images.length; at += PIXELS) {
    outlines.push(outline(images.subarray(at, at + PIXELS)));
    if (outlines.length % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return { outlines, farthest };
}

/** @param {string} base64 @returns {Uint8Array<ArrayBuffer>} */
export function bytesOf(base64) {
  const characters = atob(base64);
  const decoded = new Uint8Array(characters.length);
  for (let at = 0; at < decoded.length; at++) decoded[at] = characters.charCodeAt(at);
  return decoded;
}

/** @param {string} base64 of gzip data */
async function decompressed(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
