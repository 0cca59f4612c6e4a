// GitHub-flavoured Markdown to DOM nodes: a safe subset. Raw HTML is shown as the text it is.

import { el } from "./dom.js";

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const LIST_ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const DEEPEST = 8; // quotes and lists nested further are shown as text
const DATE = /^\d{4}-\d\d-\d\d$/;
const DELIMITER_ROW = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/** Renders Markdown into a fragment; nothing in it can become a script, a style or a foreign image. */
export function markdown(source) {
  const fragment = document.createDocumentFragment();
  fragment.append(...blocks(String(source).replace(/\r\n?/g, "\n").split("\n")));
  return fragment;
}

function blocks(lines, depth = 0) {
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [node, end] = block(lines, at, depth);
    nodes.push(node);
    at = end;
  }
  return nodes;
}

function block(lines, at, depth) {
  const line = lines[at];
  const heading = HEADING.exec(line);
  if (heading)
    return [el(`h${Math.max(4, Math.min(6, heading[1].length + 2))}`, {}, ...inline(heading[2])), at + 1];
  if (RULE.test(line)) return [el("hr"), at + 1];
  if (/^ {0,3}```/.test(line)) return fenced(lines, at);
  if (depth < DEEPEST && /^ {0,3}>/.test(line)) return quoted(lines, at, depth + 1);
  if (depth < DEEPEST && LIST_ITEM.test(line)) return list(lines, at, depth + 1);
  if (startsTable(lines, at)) return pipeTable(lines, at);
  return paragraph(lines, at);
}

function fenced(lines, at) {
  let end = at + 1;
  while (end < lines.length && !/^ {0,3}```/.test(lines[end])) end += 1;
  return [el("pre", {}, el("code", { text: lines.slice(at + 1, end).join("\n") })), end + 1];
}

function quoted(lines, at, depth) {
  let end = at;
  while (end < lines.length && /^ {0,3}>/.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, ""));
  return [el("blockquote", {}, ...blocks(inner, depth)), end];
}

function list(lines, at, depth) {
  const [, indent, firstNumber] = LIST_ITEM.exec(lines[at]);
  const items = [];
  let end = at;
  while (end < lines.length) {
    const item = LIST_ITEM.exec(lines[end]);
    const own = item && item[1].length <= indent.length + 1;
    if (own && (item[2] === undefined) !== (firstNumber === undefined)) break;
    if (own) items.push([item[3]]);
    else if (lines[end].trim() && items.length) items.at(-1).push(lines[end].replace(/^\s{1,4}/, ""));
    else break;
    end += 1;
  }
  const nodes = items.map((item) => el("li", {}, ...itemContent(item, depth)));
  return [el(firstNumber === undefined ? "ul" : "ol", { start: firstNumber }, ...nodes), end];
}

function itemContent(lines, depth) {
  const nested = lines.findIndex((line, index) => index > 0 && LIST_ITEM.test(line));
  if (nested < 0) return inline(lines.join(" "));
  return [...inline(lines.slice(0, nested).join(" ")), ...blocks(lines.slice(nested), depth)];
}

function startsTable(lines, at) {
  return (
    lines[at].includes("|") && DELIMITER_ROW.test(lines[at + 1] ?? "") && (lines[at + 1] ?? "").includes("-")
  );
}

function pipeTable(lines, at) {
  const headings = cells(lines[at]);
  const alignments = cells(lines[at + 1]).map((cell) =>
    /^:-+:$/.test(cell) ? "center" : /-:$/.test(cell) ? "right" : null,
  );
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|") && lines[end].trim()) end += 1;
  const row = (tag, values) =>
    el(
      "tr",
      {},
      ...headings.map((_, column) =>
        el(
          tag,
          {
            scope: tag === "th" ? "col" : null,
            "data-align": alignments[column],
            class: DATE.test(values[column] ?? "") ? "nowrap" : null,
          },
          ...inline(values[column] ?? ""),
        ),
      ),
    );
  const body = lines.slice(at + 2, end).map((line) => row("td", cells(line)));
  const grid = el("table", {}, el("thead", {}, row("th", headings)), el("tbody", {}, ...body));
  return [
    el("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "Table" }, grid),
    end,
  ];
}

function cells(line) {
  const inner = line
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim());
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !interrupts(lines, end)) end += 1;
  const pieces = lines.slice(at, end).map((line) => line.replace(/^\s+/, ""));
  const text = pieces.map((line) => line.replace(/(?: {2,}|\\)$/, "<br>")).join("\n");
  return [el("p", {}, ...inline(text)), end];
}

function interrupts(lines, at) {
  const line = lines[at];
  return (
    HEADING.test(line) ||
    RULE.test(line) ||
    /^ {0,3}(?:>|```)/.test(line) ||
    LIST_ITEM.test(line) ||
    startsTable(lines, at)
  );
}

// Each rule looks at the start of what is left; the order settles which one wins.
const INLINE = [
  [/^\\([!-/:-@[-`{-~])/, (match) => match[1]],
  [/^(`+)([^`](?:.*?[^`])??)\1(?!`)/s, (match) => el("code", { text: match[2].trim() })],
  [/^<br\s*\/?>/i, () => el("br")],
  [/^&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,6}));/, entity],
  [/^\*\*(?=\S)((?:\\.|[^\\])+?)\*\*/s, (match) => el("strong", {}, ...inline(match[1]))],
  [/^__(?=\S)((?:\\.|[^\\])+?)__(?!\w)/s, (match) => el("strong", {}, ...inline(match[1]))],
  [/^\*(?=[^\s*])((?:\\.|[^\\*])+?)\*/s, (match) => el("em", {}, ...inline(match[1]))],
  [/^_(?=[^\s_])((?:\\.|[^\\_])+?)_(?!\w)/s, (match) => el("em", {}, ...inline(match[1]))],
  [/^~~(?=\S)((?:\\.|[^\\~])+?)~~/s, (match) => el("del", {}, ...inline(match[1]))],
  [/^\[((?:\\.|[^\]\\])+)\]\(([^\s()]+(?:\([^\s()]*\)[^\s()]*)*)\)/, link],
  [/^<(https:\/\/[^\s<>]+)>/, (match) => anchor(match[1], [match[1]]) ?? match[0]],
];
const SPECIAL = /[\\`<&*_~[]/;

function inline(text) {
  const nodes = [];
  let plain = "";
  let rest = text;
  let wordBefore = false;
  while (rest) {
    const found = firstMatch(rest, wordBefore);
    const taken = found ? found.match[0] : plainRun(rest);
    const node = found ? found.make(found.match) : taken;
    if (typeof node === "string") plain += node;
    else {
      if (plain) nodes.push(plain);
      plain = "";
      nodes.push(node);
    }
    wordBefore = /\w$/.test(taken);
    rest = rest.slice(taken.length);
  }
  if (plain) nodes.push(plain);
  return nodes;
}

function firstMatch(text, wordBefore) {
  if (!SPECIAL.test(text[0])) return null;
  if (wordBefore && text[0] === "_") return null; // snake_case_words stay as they are
  for (const [pattern, make] of INLINE) {
    const match = pattern.exec(text);
    if (match) return { match, make };
  }
  return null;
}

function plainRun(text) {
  const end = text.slice(1).search(SPECIAL);
  return end < 0 ? text : text.slice(0, end + 1);
}

function entity([whole, decimal, hex, name]) {
  if (name) return ENTITIES[name] ?? whole;
  const code = decimal ? parseInt(decimal, 10) : parseInt(hex, 16);
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
    ? String.fromCodePoint(code)
    : "\ufffd";
}

function link([, text, target]) {
  const label = inline(text);
  return anchor(target.replace(/\\([!-/:-@[-`{-~])/g, "$1"), label) ?? el("span", {}, ...label);
}

/** A link to an https address; null for any other scheme. */
export function anchor(target, label) {
  const url = URL.canParse(target) ? new URL(target) : null;
  if (url?.protocol !== "https:" || url.username || url.password) return null;
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, ...label);
}
