// Remembers every request of this page, for the developer tab.

const listeners = new Set();
export const exchanges = [];

/**
 * Performs one HTTP exchange and records it, body and all; `prefetchMs` is what gathering the body took,
 * `token` what it is signed with.
 * Resolves with the exchange whatever the status; rejects only when there was no answer.
 */
export async function exchange(
  kind,
  title,
  url,
  { method = "GET", body, headers = {}, timeoutMs = 30000, prefetchMs, token } = {},
) {
  const record = {
    kind,
    title,
    method,
    url,
    request: body,
    prefetchMs,
    token,
    started: performance.now(),
    status: null,
  };
  exchanges.push(record);
  changed();
  const options = {
    method,
    headers: { ...headers },
    cache: "no-store",
    signal: AbortSignal.timeout(timeoutMs),
  };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    record.requestBytes = new TextEncoder().encode(options.body).length;
  }
  try {
    const response = await fetch(url, options);
    record.status = response.status;
    record.correlation = response.headers.get("X-Correlation-ID") || response.headers.get("X-Request-ID");
    record.serverTiming = serverTimings(response.headers.get("Server-Timing"));
    record.location = response.headers.get("Location");
    const text = await response.text();
    record.responseBytes = new TextEncoder().encode(text).length;
    record.response = parsed(text);
  } catch (error) {
    record.failure = error.name === "TimeoutError" ? `no answer within ${timeoutMs / 1000} s` : "no answer";
    throw new Unanswered(record);
  } finally {
    record.ms = performance.now() - record.started;
    changed();
  }
  return record;
}

/** The other side did not answer at all: it is down, too slow, or forbids pages of this origin. */
export class Unanswered extends Error {
  constructor(record) {
    super(`${record.method} ${record.url}: ${record.failure}`);
    this.record = record;
  }
}

/** Calls back now and after every change of the list. */
export function onExchanges(listener) {
  listeners.add(listener);
  listener(exchanges);
}

/** Splits a Server-Timing header into its entries; the first form of a duplicate counts. */
export function serverTimings(header) {
  if (!header) return [];
  return header.split(",").map((entry) => {
    const [name, ...parameters] = entry.split(";").map((part) => part.trim());
    const timing = { name, ms: null, description: "" };
    for (const parameter of parameters) {
      const [key, value = ""] = parameter.split("=");
      if (key.toLowerCase() === "dur") timing.ms = Number(value);
      if (key.toLowerCase() === "desc") timing.description = value.replace(/^"|"$/g, "");
    }
    return timing;
  });
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return text;
  }
}

function changed() {
  for (const listener of listeners) listener(exchanges);
}
