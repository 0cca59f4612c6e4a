// The decision-support column: asks every patient-view service and never lets a failure look like "no cards".

import { CdsError, answerOf, isOnRequest, servicesFor, serviceTitle } from "./cds.js";
import { cardView } from "./cards.js";
import { button, el, show } from "./dom.js";
import { milliseconds } from "./format.js";
import { problemPanel } from "./problem.js";

const SLOW_MS = 3000;
const WIDE = matchMedia("(min-width: 64rem)"); // on a phone an unfolded card would push the next ones away

/**
 * Asks all services about a patient and fills the column; resolves when every one has answered or failed.
 * `onDetail` hears the element of each card's text, `onWritten` what an accepted suggestion wrote.
 */
export async function ask(patientId, { mode, onDetail, onWritten }) {
  const [cards, status, again] = ["cards", "cards-status", "ask-again"].map((id) =>
    document.getElementById(id),
  );
  again.disabled = true;
  status.textContent = "Asking the decision-support services…";
  show(cards, skeleton());
  const slow = setTimeout(() => {
    status.textContent = `Still waiting: no answer after ${SLOW_MS / 1000} s. The chart can be used meanwhile.`;
  }, SLOW_MS);
  try {
    const offered = await servicesFor("patient-view");
    const services = offered.filter((service) => !isOnRequest(service));
    const further = offered.filter(isOnRequest);
    const answers = await Promise.all(services.map((service) => answerOf(service, { patientId }, mode)));
    report({ cards, status, services, answers, onDetail, onWritten });
    cards.append(...further.map((service) => onRequest(service, { patientId, mode, onDetail, onWritten })));
  } catch (error) {
    status.textContent = "Decision support is not available.";
    show(cards, problemPanel(error));
    if (!(error instanceof CdsError)) throw error;
  } finally {
    clearTimeout(slow);
    again.disabled = false;
  }
}

/** A button that asks a service which waits to be asked, and then its cards in the button's place. */
function onRequest(service, { patientId, mode, onDetail, onWritten }) {
  const place = el("div", { class: "on-request" });
  const view = (card) => cardView(service, card, { isOpen: true, onDetail, onWritten });
  const press = async () => {
    place.firstElementChild.disabled = true;
    const found = await answerOf(service, { patientId }, mode);
    show(place, ...(found.error ? [problemPanel(found.error)] : found.cards.map(view)));
  };
  return show(place, button(serviceTitle(service), press, { kind: "quiet" }));
}

function report({ cards, status, services, answers, onDetail, onWritten }) {
  const failures = answers.filter((each) => each.error);
  const shown = answers.flatMap((each) =>
    (each.cards ?? []).map((card) => ({ card, service: each.service })),
  );
  const slowest = Math.max(0, ...answers.filter((each) => !each.error).map((each) => each.ms));
  status.textContent = statusText(services, failures, shown, slowest);
  show(
    cards,
    ...failures.map((each) => problemPanel(each.error)),
    ...shown.map(({ service, card }, index) =>
      cardView(service, card, {
        isOpen: card.indicator === "critical" || (index === 0 && WIDE.matches),
        onDetail,
        onWritten,
      }),
    ),
    !shown.length && !failures.length ? nothing(services) : null,
  );
}

function statusText(services, failures, shown, ms) {
  if (failures.length === services.length && failures.length)
    return "Decision support failed for this chart.";
  const critical = shown.filter(({ card }) => card.indicator === "critical").length;
  const cards = shown.length === 1 ? "1 card" : `${shown.length || "No"} cards`;
  const urgent = critical ? ` (${critical} critical)` : "";
  const partial = failures.length ? `; ${failures.length} of ${services.length} services failed` : "";
  return `${cards}${urgent}, answered in ${milliseconds(ms)}${partial}`;
}

function nothing(services) {
  return el("p", {
    class: "panel panel-calm",
    text: services.length
      ? "No cards for this chart."
      : "The service offers nothing for opening a chart (no patient-view service in its discovery).",
  });
}

function skeleton() {
  return el("div", { class: "skeleton", "aria-hidden": "true" }, el("span"), el("span"), el("span"));
}

/** Wires the button that asks again. */
export function onAskAgain(listener) {
  document.getElementById("ask-again").addEventListener("click", listener);
}
