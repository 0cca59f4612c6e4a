// The addresses the server wrote into the page, as absolute URLs without a trailing slash.

function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.content ?? "";
}

function absolute(address) {
  return new URL(address || "/", location.origin).href.replace(/\/+$/, "");
}

export const FHIR_BASE = absolute(meta("ehr-fhir-base"));
export const CDS_BASE = absolute(meta("ehr-cds-base"));
export const LIST_URL = meta("ehr-list-url");
export const READ_NOTE_URL = meta("ehr-read-note-url"); // empty: there is no note reader
export const TOKEN_URL = meta("ehr-token-url"); // empty: calls are not signed
export const USER_ID = "Practitioner/sandbox-clinician";

/** The page of one patient's chart. */
export function chartUrl(patientId) {
  return `/chart/${encodeURIComponent(patientId)}`;
}
