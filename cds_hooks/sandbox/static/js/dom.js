// Builds elements from values; text only ever enters the page as text nodes.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `on` holds listeners, `text` its text, every other property is an attribute (false and null are left out). */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** An SVG element, built as el() builds HTML. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** Replaces what a node holds. */
export function show(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** A button that says what it does; `label` is its accessible name where the visible text is too short. */
export function button(text, onClick, { label, kind = "", ...rest } = {}) {
  const classes = kind ? `button button-${kind}` : "button";
  return el(
    "button",
    { type: "button", class: classes, "aria-label": label, ...rest, on: { click: onClick } },
    text,
  );
}

/** A table whose wide content scrolls inside its own frame. */
export function table(caption, headings, rows, { className = "" } = {}) {
  const head = el("tr", {}, ...headings.map((heading) => el("th", { scope: "col" }, heading)));
  return el(
    "div",
    { class: "table-frame", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      { class: className },
      el("caption", { class: "visually-hidden", text: caption }),
      el("thead", {}, head),
      el("tbody", {}, ...rows),
    ),
  );
}

function fill(node, { on = {}, text, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : value);
  }
  for (const [event, listener] of Object.entries(on)) node.addEventListener(event, listener);
  if (text !== undefined) node.textContent = text;
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
