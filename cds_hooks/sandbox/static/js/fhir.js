// FHIR REST from the browser: reads, searches with their pages, and the writes of an accepted suggestion.

import { FHIR_BASE } from "./config.js";
import { Unanswered, exchange } from "./exchanges.js";

const JSON_HEADERS = { Accept: "application/fhir+json" };
const MAX_PAGES = 20;
export const STUCK = "stuck";
const answers = new Map();

/** A FHIR request that failed: what was tried, the status, what the server said, and its correlation id. */
export class FhirError extends Error {
  constructor(what, { status = null, issues = [], correlation = null, unreachable = false } = {}) {
    super(what);
    Object.assign(this, { what, status, issues, correlation, unreachable });
  }
}

/** Reads one path below the FHIR base; the same path is fetched once per page unless `fresh`. */
export function get(path, { fresh = false } = {}) {
  const url = path.startsWith(FHIR_BASE) ? path : `${FHIR_BASE}/${path}`;
  if (fresh || !answers.has(url)) {
    const answer = request("read", path, url, {});
    answers.set(url, answer);
    answer.catch(() => answers.delete(url));
  }
  return answers.get(url);
}

/**
 * Searches and follows the pages on the same server.
 * Returns the resources of that type, and whether the server has more than was read.
 */
export async function search(path, { fresh = false } = {}) {
  const type = path.split("?")[0];
  const resources = [];
  let next = path;
  let pages = 0;
  while (next && next !== STUCK && pages < MAX_PAGES) {
    const bundle = await get(next, { fresh });
    resources.push(...resourcesIn(bundle).filter((resource) => resource.resourceType === type));
    next = nextPage(bundle);
    pages += 1;
  }
  return { resources, more: Boolean(next) };
}

/** The resources of a Bundle. */
export function resourcesIn(bundle) {
  return (bundle?.entry ?? []).map((entry) => entry.resource).filter(Boolean);
}

/**
 * The next page's URL, always on the FHIR base's own origin: servers behind a proxy name themselves by other hosts.
 * Null when there is no next page; STUCK when there is one that does not lie below the base.
 */
export function nextPage(bundle) {
  const link = (bundle?.link ?? []).find((each) => each.relation === "next")?.url;
  if (!link) return null;
  const base = new URL(FHIR_BASE);
  const { pathname, search } = new URL(link, `${FHIR_BASE}/`);
  const below = pathname === base.pathname || pathname.startsWith(`${base.pathname.replace(/\/$/, "")}/`);
  return below ? `${base.origin}${pathname}${search}` : STUCK;
}

/** Applies one action of a suggestion and returns the resource's reference. */
export async function apply(action) {
  const resource = action.resource;
  if (action.type === "create") return written("POST", resource.resourceType, resource);
  if (action.type === "update") return written("PUT", `${resource.resourceType}/${resource.id}`, resource);
  if (action.type === "delete") return written("DELETE", action.resourceId);
  throw new FhirError(`The action type "${action.type}" is not one of create, update and delete`);
}

/** The attachment behind a URL of this FHIR server, as bytes and a content type. */
export async function binary(url) {
  const target = new URL(url, `${FHIR_BASE}/`);
  if (!target.href.startsWith(`${FHIR_BASE}/`)) throw new FhirError("The attachment lies on another server");
  const resource = await get(target.href);
  if (resource?.resourceType !== "Binary") throw new FhirError("The attachment is not a Binary resource");
  return { contentType: resource.contentType, data: resource.data };
}

/** The issues of an OperationOutcome in words. */
export function issuesOf(outcome) {
  if (outcome?.resourceType !== "OperationOutcome") return [];
  return (outcome.issue ?? []).map(
    (issue) => issue.details?.text || issue.diagnostics || issue.code || "unspecified",
  );
}

async function written(method, path, resource) {
  const url = `${FHIR_BASE}/${path}`;
  const record = await request("write", `${method} ${path}`, url, {
    method,
    body: resource,
    headers: { "Content-Type": "application/fhir+json", Prefer: "return=representation" },
    whole: true,
  });
  const created = record.response?.id ? `${record.response.resourceType}/${record.response.id}` : null;
  return created ?? fromLocation(record.location) ?? path;
}

function fromLocation(location) {
  return location?.match(/([A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/.*)?$/)?.[1] ?? null;
}

async function request(kind, title, url, { whole = false, headers = {}, ...options }) {
  let record;
  try {
    record = await exchange(kind, title, url, { ...options, headers: { ...JSON_HEADERS, ...headers } });
  } catch (error) {
    if (error instanceof Unanswered) throw unreachable(title, error.record);
    throw error;
  }
  if (record.status >= 300) {
    throw new FhirError(`${title.split("?")[0]} ${verdict(record.status)}`, {
      status: record.status,
      issues: issuesOf(record.response),
      correlation: record.correlation,
    });
  }
  if (whole) return record;
  const { response } = record;
  if (kind === "read") delete record.response; // a chart is megabytes; the developer tab lists reads without bodies
  if (typeof response !== "object")
    throw new FhirError(`${title.split("?")[0]} did not answer with JSON`, record);
  return response;
}

function verdict(status) {
  if (status === 404 || status === 410) return "was not found on the FHIR server";
  return status < 500
    ? "was refused by the FHIR server"
    : "could not be read or written: the FHIR server failed";
}

function unreachable(title, record) {
  return new FhirError(`${title.split("?")[0]}: ${record.failure}`, {
    unreachable: true,
    issues: [
      `The FHIR server ${FHIR_BASE} is down, too slow, or does not allow pages of ${location.origin} (CORS). ` +
        "Your browser's console says which.",
    ],
  });
}
