/**
 * Runs in the page: returns, as sentences, which of its text is cut off, covered or outside its box. Must not use anything
 * outside this function.
 */
export function faultsOfLayout() {
  const faults = [];
  // Boxes are those of the font, not of the letters, and a rounding error of a pixel is not visible.
  const slack = 1;
  const text = (element) => JSON.stringify(element.textContent.trim().slice(0, 40));
  const root = document.documentElement;
  if (root.localName === "html" && root.scrollWidth > root.clientWidth + slack) {
    faults.push(`the page is ${root.scrollWidth} px wide in a window of ${root.clientWidth} px`);
  }

  /** The part of a text's box that its letters fill: the font's box is a third higher than digits and most letters. */
  const inked = (element) => {
    const box = element.getBoundingClientRect();
    const trim = box.height * 0.16;
    // Firefox counts a pixel on each side that no letter fills.
    const { a: scale, b: turn } = element.getScreenCTM();
    const beside = turn === 0 ? Math.max(box.width - element.getComputedTextLength() * scale, 0) / 2 : 0;
    return { left: box.left + beside, right: box.right - beside, top: box.top + trim, bottom: box.bottom - trim };
  };
  const drawings = root.localName === "svg" ? [root] : [...document.querySelectorAll("svg")];
  for (const svg of drawings) {
    const name = svg.querySelector("title")?.textContent ?? "an SVG";
    const frame = svg.getBoundingClientRect();
    // Not on the screen now: another chart of its kind is.
    if (frame.width === 0) continue;
    const texts = [...svg.querySelectorAll("text")].map((element) => ({ element, box: inked(element) }));
    texts.forEach(({ element, box }, index) => {
      if (box.right - box.left < 0.5) faults.push(`${name}: ${text(element)} is not visible`);
      const outside =
        box.left < frame.left - slack || box.right > frame.right + slack ||
        box.top < frame.top - slack || box.bottom > frame.bottom + slack;
      if (outside) faults.push(`${name}: ${text(element)} is cut off`);
      for (const other of texts.slice(index + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        if (across > slack / 2 && down > slack / 2) {
          faults.push(`${name}: ${text(element)} covers ${text(other.element)}`);
        }
      }
    });
    const small = texts.filter(({ element, box }) => {
      const size = parseFloat(getComputedStyle(element).fontSize) * (frame.width / (svg.viewBox.baseVal.width || frame.width));
      return size < 7.5 && box.right > box.left;
    });
    if (small.length > 0) faults.push(`${name}: ${text(small[0].element)} is smaller than 7.5 px`);
    if (!svg.querySelector("title")?.textContent || !svg.querySelector("desc")?.textContent) {
      faults.push(`${name} has no text alternative`);
    }
  }
  if (root.localName !== "html") return faults;

  for (const element of document.body.querySelectorAll("*:not(svg *):not(svg)")) {
    const style = getComputedStyle(element);
    if (style.display === "inline" || element.clientWidth === 0) continue;
    const hides = (value) => ["hidden", "clip"].includes(value);
    const cut =
      (hides(style.overflowX) && element.scrollWidth > element.clientWidth + slack) ||
      (hides(style.overflowY) && element.scrollHeight > element.clientHeight + slack);
    if (cut) faults.push(`<${element.localName}> cuts off ${text(element)}`);
    // An element that does not scroll must be wide enough for its content, or the content runs into its neighbour.
    const spills = style.overflowX === "visible" && element.scrollWidth > element.clientWidth + slack;
    if (spills && !["tr", "thead", "tbody", "table"].includes(element.localName)) {
      faults.push(`<${element.localName}> is too narrow for ${text(element)}`);
    }
  }

  // Lines of text outside drawings must not cover each other.
  const lines = [];
  /** The box of the nearest element around this one that scrolls up and down, if there is one. */
  const scrolled = (element) => {
    for (let around = element; around && around !== document.body; around = around.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(around).overflowY)) return around.getBoundingClientRect();
    }
    return null;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.textContent.trim() || node.parentElement.closest("svg, details:not([open]) > :not(summary)")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const frame = scrolled(node.parentElement);
    for (const box of range.getClientRects()) {
      const trim = box.height * 0.2;
      const seen = !frame || (box.bottom <= frame.bottom + slack && box.top >= frame.top - slack);
      if (box.width > 0.5 && seen) {
        lines.push({ node, left: box.left, right: box.right, top: box.top + trim, bottom: box.bottom - trim });
      }
    }
  }
  lines.sort((a, b) => a.top - b.top);
  for (let i = 0; i < lines.length; i++) {
    for (let j = i + 1; j < lines.length && lines[j].top < lines[i].bottom - slack; j++) {
      const across = Math.min(lines[i].right, lines[j].right) - Math.max(lines[i].left, lines[j].left);
      if (across > slack) faults.push(`${text(lines[i].node)} covers ${text(lines[j].node)}`);
    }
  }
  return faults;
}
