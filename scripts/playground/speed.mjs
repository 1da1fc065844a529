/** Measures how fast a page opens and parses its networks, and another answers, and prints it. */
export async function measure(browser, address, largest) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const [opened, parsed] = [[], []];
  for (let round = 0; round < 5; round++) {
    await page.goto('about:blank');
    await page.goto(address);
    await page.waitForSelector('[data-ready]');
    opened.push(await page.evaluate(() => Number(document.getElementById('page').dataset.ready)));
    const ofLargest = () =>
      performance.getEntriesByName('parse').find(({ detail }) => detail === 'digits-128')?.duration;
    parsed.push(await page.evaluate(ofLargest));
  }
  await page.goto(largest);
  await page.waitForSelector('[data-ready]');
  await page.waitForTimeout(4000);
  // From a pointer's event until the picture with the answer has been handed to the screen.
  await page.evaluate(() => {
    globalThis.strokes = [];
    document.getElementById('pad').addEventListener('pointermove', ({ timeStamp }) => {
      requestAnimationFrame(() => setTimeout(() => globalThis.strokes.push(performance.now() - timeStamp)));
    });
  });
  const box = await page.locator('#pad').boundingBox();
  await page.mouse.move(box.x + 100, box.y + 60);
  await page.mouse.down();
  for (let point = 0; point < 100; point++) {
    await page.mouse.move(box.x + 100 + point, box.y + 60 + 1.5 * point);
    await page.waitForTimeout(25);
  }
  await page.mouse.up();
  const strokes = await page.evaluate(() => globalThis.strokes);
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const text = (name, values) =>
    `${name}: median ${middle(values).toFixed(1)} ms, slowest ${Math.max(...values).toFixed(1)} ms`;
  const quick = strokes.filter((time) => time <= 50).length;
  console.log(text('ready after opening', opened));
  console.log(text('128 units parsed', parsed));
  console.log(text('answer of four networks of 128 units after a point of a stroke', strokes));
  console.log(`${quick} of ${strokes.length} answers within 50 ms`);
  await context.close();
}
