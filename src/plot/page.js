// @ts-check
// What a page can do besides being read: tables sort and filter, charts print values and hide lines, and of several charts
// of one kind one is shown at a time. Without this script everything is on the page.

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {string} text
 * @returns {HTMLElementTagNameMap[K]}
 */
function make(name, text = "") {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

/** @param {HTMLTableRowElement} row @param {number} column */
function cell(row, column) {
  return (row.cells[column]?.textContent ?? "").trim();
}

/** @param {string} a @param {string} b By size if both begin with a number, otherwise as text with numbers in it. */
function compare(a, b) {
  const [x, y] = [a, b].map((text) => Number.parseFloat(text.replaceAll(",", "").replace("−", "-").replace("<", "")));
  if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  return a.localeCompare(b, "en", { numeric: true });
}

/** @param {HTMLTableElement} table */
function sortable(table) {
  const body = table.tBodies[0];
  for (const head of table.tHead?.rows[0].cells ?? []) {
    const button = make("button", head.textContent ?? "");
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const order = head.ariaSort === "ascending" ? "descending" : "ascending";
      for (const other of table.tHead?.rows[0].cells ?? []) other.ariaSort = null;
      head.ariaSort = order;
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...body.rows];
      rows.sort((a, b) => sign * compare(cell(a, head.cellIndex), cell(b, head.cellIndex)));
      body.append(...rows);
    });
  }
}

/** @param {HTMLTableElement} table A table of a few rows needs no filter. */
function filterable(table) {
  const rows = [...table.tBodies[0].rows];
  const box = table.closest(".scroll");
  if (rows.length < 6 || !box) return;
  const label = make("label", "Filter ");
  const input = make("input");
  const found = make("output");
  input.type = "search";
  input.placeholder = "64 units";
  label.className = "filter";
  label.append(input, found);
  box.before(label);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(" ").filter(Boolean);
    for (const row of rows) {
      // Between two words of a row, and at its ends, so that "8" does not find 128.
      const text = ` ${[...row.cells].map((one) => one.textContent).join(" ")} `.toLowerCase().replaceAll(",", " ");
      row.hidden = !words.every((word) => text.includes(` ${word.replaceAll(",", "")}`));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    found.value = words.length > 0 ? ` ${shown} of ${rows.length} rows` : "";
  });
}

const tip = make("div");
tip.className = "tip";
tip.hidden = true;
tip.role = "status";

/** @param {SVGSVGElement} svg Shows the value of the mark or line that is pointed at, or tapped. */
function valued(svg) {
  /** @type {Map<Element, string>} */
  const values = new Map();
  for (const title of svg.querySelectorAll(":scope * > title")) {
    const mark = /** @type {Element} */ (title.parentElement);
    values.set(mark, title.textContent ?? "");
    title.remove();
  }
  if (values.size === 0) return;
  const reach = 24;
  /** @param {PointerEvent} event */
  const show = (event) => {
    let [best, least] = [/** @type {string | undefined} */ (undefined), reach];
    for (const [mark, value] of values) {
      const box = mark.getBoundingClientRect();
      // Lines are long: only what lies under the pointer counts.
      const far = box.width > 40 || box.height > 40;
      const distance = far
        ? event.target === mark ? 6 : reach
        : Math.hypot(event.clientX - (box.left + box.right) / 2, event.clientY - (box.top + box.bottom) / 2);
      if (box.width > 0 && distance < least) [best, least] = [value, distance];
    }
    tip.hidden = best === undefined;
    if (best === undefined) return;
    tip.textContent = best;
    const left = Math.min(event.clientX + 12, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const above = event.clientY - tip.offsetHeight - 12;
    tip.style.left = `${Math.max(left, 8)}px`;
    tip.style.top = `${above > 8 ? above : event.clientY + 16}px`;
  };
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") tip.hidden = true;
  });
}

/** @param {SVGSVGElement} svg A name in the chart hides its line, and shows it again. */
function hideable(svg) {
  const keys = [...svg.querySelectorAll(".key")];
  if (keys.length > 0) svg.setAttribute("role", "group");
  for (const key of keys) {
    const series = [...key.classList].find((name) => /^s\d+$/.test(name));
    const line = [...svg.querySelectorAll(`.${series}`)].filter((element) => !element.classList.contains("key"));
    const all = keys.filter((other) => other.classList.contains(String(series)));
    const flip = () => {
      const hide = key.getAttribute("aria-pressed") === "true";
      for (const element of line) element.classList.toggle("off", hide);
      for (const other of all) {
        other.classList.toggle("muted", hide);
        other.setAttribute("aria-pressed", String(!hide));
      }
    };
    key.setAttribute("role", "button");
    key.setAttribute("aria-pressed", "true");
    key.setAttribute("tabindex", "0");
    key.addEventListener("click", flip);
    key.addEventListener("keydown", (event) => {
      const { key: pressed } = /** @type {KeyboardEvent} */ (event);
      if (pressed !== "Enter" && pressed !== " ") return;
      event.preventDefault();
      flip();
    });
  }
}

/** @param {HTMLElement} group Figures of one kind: a button for each, which shows it alone. */
function choosable(group) {
  const figures = [...group.querySelectorAll("figure")];
  if (figures.length < 2) return;
  const bar = make("div");
  bar.className = "choices";
  bar.role = "group";
  bar.ariaLabel = "Which chart";
  const buttons = figures.map((figure) => make("button", figure.dataset.choice ?? ""));
  /** @param {number} chosen */
  const choose = (chosen) => {
    figures.forEach((figure, index) => figure.classList.toggle("unchosen", index !== chosen));
    buttons.forEach((button, index) => (button.ariaPressed = String(index === chosen)));
  };
  buttons.forEach((button, index) => button.addEventListener("click", () => choose(index)));
  bar.append(...buttons);
  group.prepend(bar);
  choose(0);
}

for (const table of document.querySelectorAll("table")) {
  sortable(table);
  filterable(table);
}
for (const svg of document.querySelectorAll("svg")) {
  valued(svg);
  hideable(svg);
}
for (const group of document.querySelectorAll(".group")) choosable(/** @type {HTMLElement} */ (group));
document.body.append(tip);
document.addEventListener("pointerdown", (event) => {
  if (!(event.target instanceof Element && event.target.closest("svg"))) tip.hidden = true;
});
