// Discharge: ends nothing itself; asks the services of encounter-discharge about a stay that goes on.

import { answerOf, servicesFor } from "./cds.js";
import { cardView } from "./cards.js";
import { button, el, show } from "./dom.js";
import { day } from "./format.js";
import { problemPanel } from "./problem.js";

const IN_HOSPITAL = new Set(["IMP", "ACUTE", "NONAC", "OBSENC"]);

/** The stays that go on, each with a button that starts its discharge. */
export function dischargePanel(patientId, encounters, { mode, onDetail }) {
  const stays = encounters.filter(
    (each) => IN_HOSPITAL.has(each.class?.code) && ["in-progress", "onleave"].includes(each.status),
  );
  const body = stays.length
    ? stays.map((stay) => stayView(patientId, stay, { mode, onDetail }))
    : [el("p", { class: "empty", text: "No stay in hospital is going on." })];
  return el("section", { class: "block", id: "discharge" }, el("h2", {}, "Discharge"), ...body);
}

function stayView(patientId, stay, { mode, onDetail }) {
  const status = el("p", { class: "rail-status", role: "status", "aria-live": "polite" });
  const cards = el("div", { class: "discharge-cards" });
  const press = async () => {
    status.textContent = "Asking the services (encounter-discharge)…";
    try {
      const services = await servicesFor("encounter-discharge");
      const about = { patientId, encounterId: stay.id };
      const answers = await Promise.all(services.map((service) => answerOf(service, about, mode())));
      status.textContent = statusText(answers);
      show(cards, ...answers.flatMap((each) => views(each, onDetail)));
    } catch (error) {
      status.textContent = "Decision support is not available.";
      show(cards, problemPanel(error));
    }
  };
  const since = `In hospital since ${day(stay.period?.start)}`;
  return el("div", {}, el("p", { text: since }), button("Discharge…", press, { kind: "primary" }), status, cards);
}

function statusText(answers) {
  if (!answers.length) return "No service offers encounter-discharge.";
  if (answers.some((each) => each.error)) return "Not every service answered.";
  const cards = answers.flatMap((each) => each.cards).length;
  return `${cards || "No"} ${cards === 1 ? "card" : "cards"} (encounter-discharge).`;
}

function views({ service, cards = [], error }, onDetail) {
  if (error) return [problemPanel(error)];
  return cards.map((card) => cardView(service, card, { isOpen: true, onDetail, onWritten: () => {} }));
}
