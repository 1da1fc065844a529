// What a reader takes along: the command that repeats what is on the page, pictures, and the network.

/** What a clone of a chart needs of the page's style sheet to stand alone. */
const PROPERTIES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'font-size',
  'font-family',
  'text-anchor',
  'opacity',
];
/** Pixels of a PNG for each of the picture's own units. */
const SCALE = 2;

/**
 * The line that repeats what is on the page.
 *
 * @param {string[]} names of the networks
 * @param {number | null} image a test image, or a drawing, which is saved beside
 * @param {string[]} shown quantities besides the hidden state
 */
export function command(names, image, shown) {
  const runs = names.map(quoted).join(' ');
  if (image === null) return `rowlstm predict ${runs} drawing.png --show`;
  const words = { c: 'cell', i: 'input', f: 'forget', g: 'candidate', o: 'output' };
  const show = shown.map((letter) => words[/** @type {'c'} */ (letter)]);
  return `rowlstm inspect ${runs} --image ${image}${show.length > 0 ? ` --show hidden,${show.join(',')}` : ''}`;
}

/** @param {string} name */
function quoted(name) {
  return /^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

/**
 * Several charts side by side as one SVG file, with the colours that the page has now.
 *
 * @param {{ chart: SVGSVGElement, heading: string }[]} charts
 */
export function pictureOf(charts) {
  const [width, height, gap] = [300, 320, 20];
  const paper = getComputedStyle(document.body);
  const parts = charts.map(({ chart, heading }, index) => {
    const copy = standalone(chart);
    copy.setAttribute('x', String(gap + index * (width + gap)));
    copy.setAttribute('y', '40');
    copy.setAttribute('width', String(width));
    copy.setAttribute('height', String(height - 40));
    const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    text.textContent = heading;
    const look = {
      x: gap + index * (width + gap),
      y: 26,
      fill: paper.color,
      'font-size': 15,
      'font-family': 'sans-serif',
    };
    for (const [name, value] of Object.entries(look)) text.setAttribute(name, String(value));
    const serializer = new XMLSerializer();
    return serializer.serializeToString(text) + serializer.serializeToString(copy);
  });
  const whole = { width: gap + charts.length * (width + gap), height: height + gap };
  return {
    ...whole,
    text: `<svg xmlns="http://www.w3.org/2000/svg" width="${whole.width}" height="${whole.height}" viewBox="0 0 ${whole.width} ${whole.height}"><rect width="100%" height="100%" fill="${paper.backgroundColor}"/>${parts.join('')}</svg>\n`,
  };
}

/** @param {SVGSVGElement} chart A copy whose looks are its own. */
function standalone(chart) {
  const copy = /** @type {SVGSVGElement} */ (chart.cloneNode(true));
  const copies = copy.querySelectorAll('*');
  chart.querySelectorAll('*').forEach((element, index) => {
    if (['title', 'desc'].includes(element.localName)) return;
    const style = getComputedStyle(element);
    for (const name of PROPERTIES) copies[index].setAttribute(name, style.getPropertyValue(name));
    copies[index].removeAttribute('class');
  });
  return copy;
}

/**
 * A picture as PNG.
 *
 * @param {{ text: string, width: number, height: number }} picture
 * @returns {Promise<Blob>}
 */
export async function pngOf({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [SCALE * width, SCALE * height];
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return blobOf(canvas);
}

/**
 * Grey pixels as PNG.
 *
 * @param {import('./light.js').Grey} grey
 */
export function greyPng({ width, values }) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, values.length / width];
  const image = new ImageData(canvas.width, canvas.height);
  values.forEach((value, at) => image.data.set([value, value, value, 255], 4 * at));
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return blobOf(canvas);
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
function blobOf(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('this browser makes no PNG'))), 'image/png');
  });
}

/** @param {string} name @param {Blob} blob Hands a file to the reader. */
export function download(name, blob) {
  const link = document.createElement('a');
  link.download = name;
  link.href = URL.createObjectURL(blob);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {string} text @param {HTMLElement} note where the page says that it was copied, or shows what to copy */
export async function copy(text, note) {
  try {
    await navigator.clipboard.writeText(text);
    note.textContent = 'Copied.';
  } catch {
    note.textContent = `Copy this: ${text}`;
  }
}
