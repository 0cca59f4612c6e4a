// One patient's chart: every section loads and fails on its own, the cards beside them.

import { MODES } from "./cds.js";
import { developer } from "./developer.js";
import { dischargePanel } from "./discharge.js";
import { el, show } from "./dom.js";
import { FhirError, get, search } from "./fhir.js";
import { age, conceptText, day, personName, recordNumber, sex } from "./format.js";
import { notesOf, notesPanel } from "./notes.js";
import { orderingPanel } from "./orders.js";
import { problemPanel } from "./problem.js";
import { linkQuotes } from "./quotes.js";
import { ask, onAskAgain } from "./rail.js";
import { labs, latestVitals, otherObservations, vitals } from "./results.js";
import * as sections from "./sections.js";
import { tabs } from "./tabs.js";

const patientId = document.getElementById("chart").dataset.patientId;
const added = new Set();
let mode = Object.hasOwn(MODES, sessionStorage.getItem("mode")) ? sessionStorage.getItem("mode") : "both";

const all = (type, { by = "patient", fresh = false } = {}) =>
  search(`${type}?${by}=${encodeURIComponent(patientId)}&_count=200`, { fresh });

/** Fills a node with what `load` brings; while waiting, on failure and on a cut-off it says so in the node itself. */
async function fill(node, what, load) {
  show(node, el("p", { class: "loading", text: `Reading ${what}…` }));
  try {
    show(node, ...[await load()].flat());
  } catch (error) {
    show(node, problemPanel(error));
    if (!(error instanceof FhirError)) throw error;
  }
}

/** Searches several types and says when the server holds more of them than was read. */
async function lists(...searches) {
  const results = await Promise.all(searches);
  const cut = results.some((each) => each.more)
    ? el("p", { class: "panel panel-calm", text: "This chart is longer than what is shown here." })
    : null;
  return [results.map((each) => each.resources), cut];
}

async function banner() {
  const [patient, [[allergies]]] = await Promise.all([
    get(`Patient/${patientId}`),
    lists(all("AllergyIntolerance")),
  ]);
  document.title = `${personName(patient)} · Cuecard sandbox EHR`;
  const fact = (term, value) => el("div", {}, el("dt", { text: term }), el("dd", { text: value }));
  const died = patient.deceasedDateTime
    ? day(patient.deceasedDateTime)
    : patient.deceasedBoolean
      ? "yes"
      : null;
  const current = sections.currentAllergies(allergies).map((each) => conceptText(each.code));
  return [
    el("h1", { text: personName(patient) }),
    el(
      "dl",
      { class: "facts" },
      fact("Age", age(patient)),
      fact("Sex", sex(patient)),
      fact("Born", day(patient.birthDate)),
      died ? fact("Died", died) : null,
      fact("MRN", recordNumber(patient)),
      el(
        "div",
        { class: "fact-allergies" },
        el("dt", { text: "Allergies" }),
        el("dd", { text: current.join(", ") || "none recorded" }),
      ),
    ),
  ];
}

const chartNotes = lists(all("DocumentReference"), all("DiagnosticReport")).then(
  ([[documents, reports], cut]) => {
    const notes = notesOf(documents, reports);
    return { notes, view: notesPanel(notes), cut };
  },
);

const panel = (name) => document.getElementById(`panel-${name}`);
const overview = {
  problems: el("div"),
  medications: el("div"),
  allergies: el("div"),
  vitals: el("div"),
  background: el("div"),
};

function problems({ fresh = false } = {}) {
  return fill(overview.problems, "the problems", async () => {
    const [[conditions], cut] = await lists(all("Condition", { fresh }));
    return [sections.problems(conditions, added), cut];
  });
}

function medications({ fresh = false } = {}) {
  return fill(overview.medications, "the medications", async () => {
    const [[prescribed, reported], cut] = await lists(
      all("MedicationRequest", { fresh }),
      all("MedicationStatement"),
    );
    return [sections.medications(prescribed, reported), cut];
  });
}

function readChart() {
  const { problems: left, background, ...right } = overview;
  show(
    panel("overview"),
    el("div", { class: "overview" }, el("div", {}, left, background), el("div", {}, ...Object.values(right))),
  );
  const observations = lists(all("Observation"));
  problems();
  fill(document.getElementById("banner"), "the patient", banner);
  medications();
  fill(overview.allergies, "the allergies", async () =>
    sections.allergies((await all("AllergyIntolerance")).resources),
  );
  fill(overview.background, "the social history", async () =>
    sections.values("Social history and questionnaires", otherObservations((await observations)[0][0])),
  );
  fill(overview.vitals, "the vital signs", async () =>
    sections.values("Latest vital signs", latestVitals((await observations)[0][0])),
  );
  fill(panel("labs"), "the laboratory results", async () =>
    [labs((await observations)[0][0]), (await observations)[1]].flat(),
  );
  fill(panel("vitals"), "the vital signs", async () => vitals((await observations)[0][0]));
  fill(panel("notes"), "the notes", async () => {
    const { view, cut } = await chartNotes;
    return [view.root, cut];
  });
  fill(panel("visits"), "the visits", async () => {
    const [[visits, done], cut] = await lists(all("Encounter"), all("Procedure"));
    const discharge = dischargePanel(patientId, visits, { mode: () => mode, onDetail: linkToNotes });
    return [discharge, sections.encounters(visits), sections.procedures(done), cut];
  });
}

function askForCards() {
  return ask(patientId, {
    mode,
    onDetail: linkToNotes,
    onWritten: (references) => {
      for (const reference of references) added.add(reference);
      problems({ fresh: true });
    },
  });
}

// The notes tab itself says when the notes could not be read; the cards then go without the buttons.
async function linkToNotes(detail) {
  try {
    const { notes, view } = await chartNotes;
    await linkQuotes(detail, notes, (note, place) => {
      chartTabs.open("notes");
      view.open(note, place);
    });
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
  }
}

const chartTabs = tabs(document.querySelector('[role="tablist"]'), () => {});
show(
  panel("orders"),
  orderingPanel(patientId, {
    mode: () => mode,
    onDetail: linkToNotes,
    onSigned: () => medications({ fresh: true }),
  }),
);
developer(panel("developer"), {
  mode,
  onMode: (chosen) => {
    mode = chosen;
    sessionStorage.setItem("mode", chosen);
  },
});
onAskAgain(askForCards);
askForCards();
readChart();
