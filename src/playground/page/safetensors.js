// Reads and writes the safetensors format: 8 bytes with the header's length, least significant first, the header as a JSON
// object, and the data. Every claim of a header is checked before any value is read.

/**
 * @typedef {{ shape: number[], values: Float32Array }} Tensor
 */

/** The longest header that is read, in bytes. */
const LONGEST_HEADER = 1 << 20;
/** Bytes of the header's length. */
const LENGTH_BYTES = 8;

/**
 * The tensors of a file by name. They must be 32-bit floats, without gaps and overlaps, and fill the file.
 *
 * @param {Uint8Array} bytes
 * @returns {Map<string, Tensor>}
 * @throws {Error} saying what is wrong with the file
 */
export function parseSafetensors(bytes) {
  const header = headerOf(bytes);
  const data = bytes.subarray(LENGTH_BYTES + header.length);
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  let read = 0;
  const entries = Object.entries(header.tensors).filter(([name]) => name !== '__metadata__');
  for (const [name, entry] of entries.sort((a, b) => start(a[1]) - start(b[1]))) {
    const { shape, end } = checked(name, entry, read, data.length);
    tensors.set(name, { shape, values: floats(data.subarray(read, end)) });
    read = end;
  }
  if (read !== data.length) {
    throw new Error(`its tensors take ${read} bytes, but ${data.length} follow the header`);
  }
  return tensors;
}

/**
 * @param {Uint8Array} bytes
 * @returns {{ length: number, tensors: Record<string, unknown> }}
 */
function headerOf(bytes) {
  if (bytes.length < LENGTH_BYTES) {
    throw new Error(`it has ${bytes.length} bytes, expected at least the ${LENGTH_BYTES} of a header's length`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LONGEST_HEADER || length > bytes.length - LENGTH_BYTES) {
    throw new Error(`its header would have ${length} bytes: it is not a safetensors file, or cut off`);
  }
  const text = new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
  /** @type {unknown} */
  let tensors;
  try {
    tensors = JSON.parse(text);
  } catch {
    throw new Error('its header is not JSON');
  }
  if (typeof tensors !== 'object' || tensors === null || Array.isArray(tensors)) {
    throw new Error('its header is not a JSON object');
  }
  return { length, tensors: /** @type {Record<string, unknown>} */ (tensors) };
}

/** @param {unknown} entry Where a tensor's data claims to begin, to sort by. */
function start(entry) {
  const offsets = /** @type {{ data_offsets?: unknown } | null} */ (entry)?.data_offsets;
  return Array.isArray(offsets) ? Number(offsets[0]) : Number.NaN;
}

/**
 * @param {string} name
 * @param {unknown} entry what the header says of this tensor
 * @param {number} read where its data must begin
 * @param {number} most where the data ends
 */
function checked(name, entry, read, most) {
  const { dtype, shape, data_offsets: offsets } = /** @type {any} */ (entry ?? {});
  if (dtype !== 'F32') throw new Error(`tensor ${name} holds ${dtype} values, expected F32`);
  const whole = (/** @type {unknown} */ size) => Number.isSafeInteger(size) && Number(size) >= 0;
  if (!Array.isArray(shape) || !shape.every(whole)) throw new Error(`tensor ${name} has no shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole)) {
    throw new Error(`tensor ${name} has no place in the file`);
  }
  const [from, end] = /** @type {number[]} */ (offsets);
  if (from !== read || end < from || end > most) {
    throw new Error(
      `tensor ${name} lies at bytes ${from} to ${end}: there is a gap or an overlap, or the file is cut off`,
    );
  }
  const size = shape.reduce((product, side) => product * side, 4);
  if (end - from !== size) throw new Error(`tensor ${name} takes ${end - from} bytes, but its shape ${size}`);
  return { shape: /** @type {number[]} */ (shape), end };
}

/** @param {Uint8Array} bytes Values, least significant byte first, at any place in memory. */
function floats(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float32Array(bytes.length / 4);
  for (let index = 0; index < values.length; index++) values[index] = view.getFloat32(4 * index, true);
  return values;
}
