// Where things lie in a note's text: code points become UTF-16 units, and overlapping spans become pieces.

/** A function from offsets in code points, as services count them, to offsets in this text as strings here count. */
export function offsetsIn(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (point) => Math.min(point, text.length);
  const boundaries = [];
  let at = 0;
  for (const character of text) {
    boundaries.push(at);
    at += character.length;
  }
  boundaries.push(at);
  return (point) => boundaries[Math.min(point, boundaries.length - 1)];
}

/**
 * Cuts a text at every edge of the spans over it: pieces in order that join to exactly the text, each with the spans
 * that cover it. Spans may nest, cross and be equal.
 */
export function pieces(text, spans) {
  const edges = [...new Set([0, text.length, ...spans.flatMap(({ start, end }) => [start, end])])];
  edges.sort((a, b) => a - b);
  const waiting = [...spans].sort((a, b) => a.start - b.start);
  let next = 0;
  let open = [];
  return edges.slice(0, -1).map((start, index) => {
    open = open.filter((span) => span.end > start);
    while (next < waiting.length && waiting[next].start === start) open.push(waiting[next++]);
    const end = edges[index + 1];
    return { start, end, text: text.slice(start, end), spans: [...open] };
  });
}

/** The innermost of the spans over a piece: the one that the reader of the text means by this word. */
export function innermost(spans) {
  return spans.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a));
}
