// What the program computes, for tests that compare the page with it. scripts/check_playground makes it and sets
// ROWLSTM_ANSWERS to its folder.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseSafetensors } from '../../src/playground/page/safetensors.js';

const root = path.join(import.meta.dirname ?? '.', '../..');

/** The folder of the program's answers; throws if the tests were started without it. */
export function folder() {
  const found = process.env.ROWLSTM_ANSWERS;
  if (!found) throw new Error('ROWLSTM_ANSWERS names no folder: start these tests with scripts/check_playground');
  return found;
}

/** MNIST's images in a file of data/mnist, from the first: 784 bytes each. */
export function mnist(name, count) {
  const bytes = gunzipSync(readFileSync(path.join(root, 'data/mnist', `${name}-images-idx3-ubyte.gz`))).subarray(16);
  return Array.from({ length: count }, (_, index) => new Uint8Array(bytes.subarray(784 * index, 784 * (index + 1))));
}

/** What stands in the page that the program wrote. */
export function inside() {
  const page = readFileSync(path.join(folder(), 'all.html'), 'utf8');
  return JSON.parse(page.match(/<script type="application\/json" id="inside">(.*?)<\/script>/s)[1]);
}

/** The logits of the program for each test image, by the name of the run. */
export function programLogits() {
  const files = readdirSync(folder()).filter((name) => name.endsWith('.logits.safetensors'));
  return files.map((name) => {
    const tensors = parseSafetensors(readFileSync(path.join(folder(), name)));
    return { run: name.replace('.logits.safetensors', ''), logits: tensors.get('logits').values };
  });
}
