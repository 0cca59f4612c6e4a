// The patient list: search by name, page by page, as the FHIR server answers.

import { FHIR_BASE, LIST_URL, chartUrl } from "./config.js";
import { el, show, table } from "./dom.js";
import { FhirError, STUCK, get, nextPage, resourcesIn } from "./fhir.js";
import { age, day, personName, recordNumber, sex } from "./format.js";
import { problemPanel } from "./problem.js";

const PAGE_SIZE = 20;
const PAUSE_MS = 250;
const [form, input, list, status, pager, previous, next, pageNumber] = [
  "search",
  "name",
  "list",
  "list-status",
  "pager",
  "previous",
  "next",
  "page-number",
].map((id) => document.getElementById(id));

let asked = 0;
let pages = [];
let following = null;

function firstPage(name) {
  const query = new URLSearchParams({ _count: PAGE_SIZE, ...(name ? { name } : {}) });
  return `${FHIR_BASE}/Patient?${query}`;
}

async function open(trail) {
  asked += 1;
  const mine = asked;
  status.textContent = "Reading the patient list…";
  try {
    const bundle = await get(trail.at(-1));
    if (mine === asked) draw(bundle, trail);
  } catch (error) {
    if (mine !== asked) return;
    status.textContent = "The patient list cannot be read.";
    pager.hidden = true;
    show(list, problemPanel(error));
    if (!(error instanceof FhirError)) throw error;
  }
}

function draw(bundle, trail) {
  pages = trail;
  const link = nextPage(bundle);
  following = link === STUCK ? null : link;
  const patients = resourcesIn(bundle).filter((each) => each.resourceType === "Patient");
  status.textContent = summary(bundle, patients.length);
  show(
    list,
    patients.length
      ? grid(patients)
      : el("p", { class: "panel panel-calm", text: "No patient of that name." }),
  );
  pager.hidden = pages.length === 1 && !following;
  previous.disabled = pages.length === 1;
  next.disabled = !following;
  pageNumber.textContent = `Page ${pages.length}`;
}

function summary(bundle, shown) {
  const before = (pages.length - 1) * PAGE_SIZE;
  if (!shown) return "";
  const of = bundle.total === undefined ? "" : ` of ${bundle.total}`;
  return `Patients ${before + 1}–${before + shown}${of}`;
}

function grid(patients) {
  const rows = patients.map((patient) =>
    el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        el("a", { class: "patient-link", href: chartUrl(patient.id) }, personName(patient)),
      ),
      el("td", { "data-label": "Age", text: age(patient) }),
      el("td", { "data-label": "Sex", text: sex(patient) }),
      el("td", { "data-label": "Born", text: day(patient.birthDate) }),
      el("td", { "data-label": "MRN", text: recordNumber(patient) }),
    ),
  );
  return table("Patients", ["Name", "Age", "Sex", "Born", "MRN"], rows, { className: "patients" });
}

function search() {
  const name = input.value.trim();
  history.replaceState(null, "", name ? `${LIST_URL}?${new URLSearchParams({ name })}` : LIST_URL);
  return open([firstPage(name)]);
}

let pause;
input.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(search, PAUSE_MS);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(pause);
  search();
});
next.addEventListener("click", () => open([...pages, following]));
previous.addEventListener("click", () => open(pages.slice(0, -1)));

input.value = new URLSearchParams(location.search).get("name") ?? "";
search();
