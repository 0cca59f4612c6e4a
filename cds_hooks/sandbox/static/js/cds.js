// A generic CDS Hooks client: discovery, prefetch, the calls of any hook, and feedback.

import { CDS_BASE, FHIR_BASE, USER_ID } from "./config.js";
import { exchange, Unanswered } from "./exchanges.js";
import { get, issuesOf } from "./fhir.js";
import { tokenFor } from "./signing.js";

const PATIENCE_MS = 20000;

/** What travels with a call: prefetched data, the FHIR server's address, or both. */
export const MODES = {
  both: "Prefetch and FHIR server",
  server: "FHIR server only",
  prefetch: "Prefetch only",
};

/** A failed exchange with a CDS service, in the words of its OperationOutcome. */
export class CdsError extends Error {
  constructor(what, { status = null, issues = [], correlation = null } = {}) {
    super(what);
    Object.assign(this, { what, status, issues, correlation });
  }
}

/** The services that answer a hook. */
export async function servicesFor(hook) {
  const record = await signed("discovery", "Discovery", `${CDS_BASE}/cds-services`, {});
  return (record.response?.services ?? []).filter((service) => service.hook === hook);
}

/** Whether a service is meant to be asked by somebody, not whenever a chart is opened. */
export function isOnRequest(service) {
  return service.extension?.["org.cuecard.on-request"] === true;
}

/** Calls one service; `about` is what the hook's context holds beside the user. Returns the cards and the time. */
export async function callService(service, about, mode) {
  const context = { userId: USER_ID, ...about };
  const call = { hook: service.hook, hookInstance: crypto.randomUUID(), context };
  if (mode !== "prefetch") call.fhirServer = FHIR_BASE;
  const started = performance.now();
  if (mode !== "server" && service.prefetch) call.prefetch = await prefetched(service.prefetch, context);
  const prefetchMs = call.prefetch && performance.now() - started;
  const title = service.hook === "patient-view" ? serviceTitle(service) : `${serviceTitle(service)} (${service.hook})`;
  const record = await signed("hook", title, serviceUrl(service), { body: call, prefetchMs });
  if (!Array.isArray(record.response?.cards))
    throw failure(`${serviceTitle(service)} sent no list of cards`, record);
  return { cards: record.response.cards, ms: record.ms };
}

/** Asks one service and never throws for a failed call: the failure is part of the answer. */
export async function answerOf(service, about, mode) {
  try {
    return { service, ...(await callService(service, about, mode)) };
  } catch (error) {
    if (!(error instanceof CdsError)) throw error;
    return { service, error };
  }
}

/** Tells a service what became of one of its cards. */
export function sendFeedback(service, entry) {
  const body = { feedback: [{ ...entry, outcomeTimestamp: new Date().toISOString() }] };
  return signed("feedback", `Feedback: ${entry.outcome}`, `${serviceUrl(service)}/feedback`, { body });
}

/** The name of a service that people read. */
export function serviceTitle(service) {
  return service.title || service.id;
}

/** Replaces the tokens of a prefetch template; null when one of them has no value here. */
export function resolveTemplate(template, context) {
  const values = {
    ...Object.fromEntries(Object.entries(context).map(([name, value]) => [`context.${name}`, value])),
    userPractitionerId: context.userId.startsWith("Practitioner/") ? context.userId.split("/")[1] : undefined,
  };
  let known = true;
  const path = template.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (_, token) => {
    if (typeof values[token] !== "string") known = false;
    return values[token];
  });
  return known ? path : null;
}

// A query that fails is left out of the call: the service may then ask the server itself.
async function prefetched(templates, context) {
  const paths = Object.entries(templates).map(([key, template]) => [key, resolveTemplate(template, context)]);
  const results = await Promise.allSettled(paths.map(([, path]) => (path ? get(path) : Promise.reject())));
  const filled = {};
  results.forEach((result, index) => {
    if (result.status === "fulfilled") filled[paths[index][0]] = result.value;
  });
  return filled;
}

function serviceUrl(service) {
  return `${CDS_BASE}/cds-services/${encodeURIComponent(service.id)}`;
}

// One exchange with a CDS service, signed where this EHR signs.
async function signed(kind, title, url, options) {
  let token;
  try {
    token = await tokenFor(url);
  } catch (error) {
    throw new CdsError(`${title} could not be signed: ${error.message}`);
  }
  return asked(kind, title, url, { ...options, token });
}

/** One exchange with a service that answers errors as OperationOutcomes; any failure is a CdsError. */
export async function asked(kind, title, url, { body, prefetchMs, token }) {
  const options = { body, prefetchMs, token, timeoutMs: PATIENCE_MS, headers: { Accept: "application/json" } };
  if (token) options.headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) Object.assign(options.headers, { "Content-Type": "application/json" });
  let record;
  try {
    record = await exchange(kind, title, url, { ...options, method: body === undefined ? "GET" : "POST" });
  } catch (error) {
    if (error instanceof Unanswered) throw new CdsError(`${title}: ${error.record.failure}`);
    throw error;
  }
  if (record.status !== 200 && !(kind === "feedback" && record.status < 300)) {
    throw failure(`${title} answered with an error`, record);
  }
  return record;
}

function failure(what, record) {
  return new CdsError(what, {
    status: record.status,
    issues: issuesOf(record.response),
    correlation: record.correlation,
  });
}
