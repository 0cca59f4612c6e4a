// Ordering: drafts that exist in this page only, checked when they are placed (order-select) and signed (order-sign).

import { answerOf, servicesFor } from "./cds.js";
import { cardView } from "./cards.js";
import { button, el, show } from "./dom.js";
import { FhirError, apply } from "./fhir.js";
import { problemPanel } from "./problem.js";

const RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm";
const UCUM = "http://unitsofmeasure.org";
// Name, RxNorm code of the ingredient, milligrams of a dose, doses a day.
const COMMON = [
  ["amoxicillin", "723", 500, 3],
  ["apixaban", "1364430", 5, 2],
  ["cephalexin", "2231", 500, 4],
  ["ibuprofen", "5640", 400, 3],
  ["lisinopril", "29046", 10, 1],
  ["metformin", "6809", 500, 2],
  ["rivaroxaban", "1114195", 20, 1],
  ["spironolactone", "9997", 25, 1],
  ["warfarin", "11289", 5, 1],
];
const OTHER = "other";
const TIMES = { 1: "once daily", 2: "twice daily", 3: "three times daily", 4: "four times daily" };

/** The ordering panel of a chart. `mode()` says what travels with a call, `onDetail` hears each card's text. */
export function orderingPanel(patientId, { mode, onDetail, onSigned }) {
  const state = { patientId, mode, onDetail, onSigned, drafts: [], placed: 0 };
  state.list = el("ul", { class: "entries", id: "draft-orders" });
  state.status = el("p", { class: "rail-status", id: "orders-status", role: "status", "aria-live": "polite" });
  state.cards = el("div", { id: "order-cards" });
  state.sign = button("Sign orders", () => sign(state), { kind: "primary", id: "sign-orders" });
  draw(state);
  return el(
    "section",
    { class: "block" },
    el("h2", {}, "New medication orders"),
    orderForm(state),
    state.list,
    el("div", { class: "order-buttons" }, state.sign),
    state.status,
    state.cards,
  );
}

function orderForm(state) {
  const names = [...COMMON.map(([name]) => name), OTHER];
  const drug = el(
    "select",
    { id: "order-drug" },
    ...names.map((name) => el("option", { value: name }, name === OTHER ? "Other (type its name)" : name)),
  );
  const typed = el("input", { id: "order-name", type: "text", maxlength: "120", autocomplete: "off" });
  const other = el("div", { hidden: true }, el("label", { for: typed.id, text: "Name" }), typed);
  const dose = el("input", { id: "order-dose", type: "number", min: "0", step: "any", value: "500" });
  const times = el(
    "select",
    { id: "order-times" },
    ...Object.entries(TIMES).map(([count, words]) => el("option", { value: count }, words)),
  );
  const suggest = () => {
    const known = COMMON.find(([name]) => name === drug.value);
    other.hidden = Boolean(known);
    if (known) [dose.value, times.value] = [String(known[2]), String(known[3])];
  };
  drug.addEventListener("change", suggest);
  suggest();
  const submit = (event) => {
    event.preventDefault();
    const name = drug.value === OTHER ? typed.value.trim() : drug.value;
    if (name) place(state, draftOrder(state, name, Number(dose.value), Number(times.value)));
  };
  return el(
    "form",
    { class: "order-form", id: "order-form", on: { submit } },
    el("div", {}, el("label", { for: drug.id, text: "Drug" }), drug),
    other,
    el("div", {}, el("label", { for: dose.id, text: "Dose (mg)" }), dose),
    el("div", {}, el("label", { for: times.id, text: "How often" }), times),
    el("button", { type: "submit", class: "button", text: "Place draft order" }),
  );
}

function draftOrder(state, name, dose, times) {
  state.placed += 1;
  const rxnorm = COMMON.find(([known]) => known === name)?.[1];
  const concept = { text: name };
  if (rxnorm) concept.coding = [{ system: RXNORM, code: rxnorm, display: name }];
  const instruction = {
    text: `${dose} mg ${TIMES[times]}`,
    timing: { repeat: { frequency: times, period: 1, periodUnit: "d" } },
  };
  if (dose > 0)
    instruction.doseAndRate = [{ doseQuantity: { value: dose, unit: "mg", system: UCUM, code: "mg" } }];
  return {
    resourceType: "MedicationRequest",
    id: `draft-${state.placed}`,
    status: "draft",
    intent: "order",
    medicationCodeableConcept: concept,
    subject: { reference: `Patient/${state.patientId}` },
    authoredOn: new Date().toISOString(),
    dosageInstruction: [instruction],
  };
}

function draw(state) {
  const rows = state.drafts.map((draft) =>
    el(
      "li",
      { class: "entry", "data-draft": draft.id },
      el("span", { class: "entry-name" }, draft.medicationCodeableConcept.text),
      el("span", { class: "muted" }, ` ${draft.dosageInstruction?.[0]?.text ?? ""} (draft) `),
      button("Remove", () => remove(state, draft.id), {
        kind: "quiet",
        label: `Remove ${draft.medicationCodeableConcept.text}`,
      }),
    ),
  );
  show(state.list, ...(rows.length ? rows : [el("li", { class: "empty", text: "No draft orders." })]));
  state.sign.disabled = !rows.length;
}

function place(state, draft) {
  state.drafts.push(draft);
  draw(state);
  return ask(state, "order-select", { selections: [`MedicationRequest/${draft.id}`] });
}

function remove(state, id) {
  state.drafts = state.drafts.filter((draft) => draft.id !== id);
  draw(state);
}

/** Signing: what the services say comes first; with a card on screen it takes a second press. */
async function sign(state) {
  const said = await ask(state, "order-sign", {});
  if (said === 0) return written(state);
  const anyway = button("Sign as they are", () => written(state), { id: "sign-anyway" });
  state.cards.append(el("div", { class: "order-buttons" }, anyway));
  return undefined;
}

/** Asks every service of a hook about the drafts; returns how many cards and failures there were. */
async function ask(state, hook, more) {
  state.sign.disabled = true;
  state.status.textContent = `Checking the orders (${hook})…`;
  show(state.cards);
  try {
    const entry = state.drafts.map((resource) => ({ resource }));
    const draftOrders = { resourceType: "Bundle", type: "collection", entry };
    const about = { patientId: state.patientId, ...more, draftOrders };
    const services = await servicesFor(hook);
    const answers = await Promise.all(services.map((service) => answerOf(service, about, state.mode())));
    return report(state, hook, answers);
  } catch (error) {
    state.status.textContent = "The orders were not checked.";
    show(state.cards, problemPanel(error));
    return 1;
  } finally {
    state.sign.disabled = !state.drafts.length;
  }
}

function report(state, hook, answers) {
  const failures = answers.filter((each) => each.error);
  const shown = answers.flatMap(({ service, cards = [] }) => cards.map((card) => ({ service, card })));
  show(
    state.cards,
    ...failures.map((each) => problemPanel(each.error)),
    ...shown.map(({ service, card }) =>
      cardView(service, card, {
        isOpen: card.indicator === "critical",
        onDetail: state.onDetail,
        onWritten: () => {},
        applyAction: (action) => change(state, action),
      }),
    ),
  );
  if (!answers.length) state.status.textContent = `No service offers ${hook}: the orders were not checked.`;
  else if (failures.length) state.status.textContent = "The orders were not checked in full.";
  else state.status.textContent = `${shown.length || "No"} ${shown.length === 1 ? "card" : "cards"} (${hook}).`;
  return shown.length + failures.length;
}

/** An action on a draft changes it here; any other is written to the FHIR server. */
async function change(state, action) {
  const reference = action.resourceId ?? `${action.resource?.resourceType}/${action.resource?.id}`;
  const at = state.drafts.findIndex((draft) => `MedicationRequest/${draft.id}` === reference);
  if (at < 0 || action.type === "create") return apply(action);
  if (action.type === "delete") state.drafts.splice(at, 1);
  else state.drafts[at] = action.resource;
  draw(state);
  return reference;
}

async function written(state) {
  try {
    while (state.drafts.length) {
      const [{ id: _, ...draft }] = state.drafts;
      await apply({ type: "create", resource: { ...draft, status: "active" } });
      state.drafts.shift();
    }
    state.status.textContent = "Signed.";
    show(state.cards);
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    state.status.textContent = "Not every order was signed.";
    show(state.cards, problemPanel(error));
  }
  draw(state);
  state.onSigned();
}
