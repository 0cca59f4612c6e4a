// CDS cards as an EHR shows them: indicator, text, one-click suggestions, a reasoned decline.

import { CdsError, sendFeedback, serviceTitle } from "./cds.js";
import { button, el, show } from "./dom.js";
import { FhirError, apply } from "./fhir.js";
import { anchor, markdown } from "./markdown.js";
import { problemPanel } from "./problem.js";

const INDICATORS = {
  critical: { word: "Critical", icon: "M12 2.5l9.5 9.5-9.5 9.5L2.5 12zM12 7.5v5.5M12 16.2v.3" },
  warning: { word: "Warning", icon: "M12 3.2L22 20.5H2zM12 9.5v5M12 17.2v.3" },
  info: { word: "Information", icon: "M12 2.8a9.2 9.2 0 1 0 0 18.4a9.2 9.2 0 0 0 0-18.4zM12 11v6M12 7.3v.3" },
};
let numbered = 0;

/**
 * One card. `onWritten` hears the references an accepted suggestion wrote, `onDetail` the element of the card's text;
 * `isOpen` unfolds it; `applyAction` carries out an action elsewhere than on the FHIR server.
 */
export function cardView(service, card, { isOpen, onDetail, onWritten, applyAction = apply }) {
  numbered += 1;
  const heading = `card-${numbered}`;
  const indicator = INDICATORS[card.indicator] ? card.indicator : "info";
  const state = { service, card, onWritten, applyAction, accepted: new Set() };
  state.outcome = el("div", { class: "card-outcome", tabindex: "-1", role: "status" });
  state.controls = el("div", { class: "card-controls" });
  drawControls(state);
  state.root = el(
    "article",
    { class: `card card-${indicator}`, "aria-labelledby": heading },
    el("div", { class: "card-head" }, indicatorBadge(indicator), topic(card)),
    el("h3", { id: heading, class: "card-summary", text: card.summary ?? "(no summary)" }),
    detail(card, isOpen, onDetail),
    state.controls,
    state.outcome,
    source(service, card),
  );
  return state.root;
}

function indicatorBadge(indicator) {
  const { word, icon } = INDICATORS[indicator];
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 24 24",
    "aria-hidden": "true",
    focusable: "false",
  }))
    picture.setAttribute(name, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", icon);
  picture.append(path);
  return el("span", { class: "indicator" }, picture, word);
}

function topic(card) {
  const words = card.source?.topic?.display;
  return words ? el("span", { class: "card-topic", text: words }) : null;
}

function detail(card, isOpen, onDetail) {
  if (!card.detail) return null;
  const text = el("div", { class: "markdown" }, markdown(card.detail));
  onDetail(text);
  return el(
    "details",
    { class: "card-detail", open: isOpen },
    el("summary", { text: "Evidence and reasoning" }),
    text,
  );
}

function source(service, card) {
  const label = card.source?.label ?? serviceTitle(service);
  const linked = card.source?.url ? anchor(card.source.url, [label]) : null;
  return el("p", { class: "card-source" }, "Source: ", linked ?? label);
}

function drawControls(state) {
  const { card } = state;
  const suggestions = (card.suggestions ?? []).map((suggestion) => suggestionButton(state, suggestion));
  show(
    state.controls,
    suggestions.length ? el("div", { class: "suggestions" }, ...suggestions) : null,
    links(card),
    card.uuid && !state.accepted.size ? declineControl(state) : null,
  );
}

function suggestionButton(state, suggestion) {
  const taken = state.accepted.has(suggestion);
  const actions = (suggestion.actions ?? []).map((each) => each.description).filter(Boolean);
  const act = button(taken ? `✓ ${suggestion.label}` : suggestion.label, () => accept(state, suggestion), {
    kind: suggestion.isRecommended || state.card.suggestions.length === 1 ? "primary" : "",
    disabled: taken || (state.card.selectionBehavior === "at-most-one" && state.accepted.size > 0),
  });
  return el(
    "div",
    { class: "suggestion" },
    act,
    actions.length ? el("p", { class: "suggestion-actions", text: actions.join("; ") }) : null,
  );
}

function links(card) {
  const items = (card.links ?? []).map((each) => {
    const absolute = each.type === "absolute" ? anchor(each.url, [each.label]) : null;
    return el(
      "li",
      {},
      absolute ??
        el("span", {
          class: "muted",
          text: each.type === "smart" ? `${each.label} (SMART app; this EHR launches none)` : each.label,
        }),
    );
  });
  return items.length ? el("ul", { class: "card-links" }, ...items) : null;
}

function declineControl(state) {
  numbered += 1;
  const form = declineForm(state, `decline-${numbered}`);
  const toggle = button(
    "Decline…",
    () => {
      form.hidden = !form.hidden;
      toggle.setAttribute("aria-expanded", String(!form.hidden));
      if (!form.hidden) form.querySelector("select, textarea").focus();
    },
    {
      kind: "quiet",
      "aria-expanded": "false",
      "aria-controls": form.id,
      label: `Decline: ${state.card.summary}`,
    },
  );
  form.addEventListener("reset", () => {
    form.hidden = true;
    toggle.setAttribute("aria-expanded", "false");
    toggle.focus();
  });
  return el("div", { class: "decline" }, toggle, form);
}

function declineForm(state, id) {
  const reasons = state.card.overrideReasons ?? [];
  const options = reasons.map((reason, index) =>
    el("option", { value: String(index) }, reason.display ?? reason.code),
  );
  const choice = el(
    "select",
    { id: `${id}-reason` },
    el("option", { value: "" }, "No reason given"),
    ...options,
  );
  const comment = el("textarea", { id: `${id}-comment`, rows: "2", maxlength: "1000" });
  return el(
    "form",
    {
      id,
      class: "decline-form",
      hidden: true,
      on: {
        submit: (event) => {
          event.preventDefault();
          decline(state, reasons[Number(choice.value || -1)], comment.value.trim());
        },
        keydown: (event) => event.key === "Escape" && event.currentTarget.reset(),
      },
    },
    reasons.length ? el("label", { for: choice.id, text: "Reason" }) : null,
    reasons.length ? choice : null,
    el("label", { for: comment.id, text: "Comment (optional)" }),
    comment,
    el(
      "div",
      { class: "decline-buttons" },
      el("button", { type: "submit", class: "button button-primary", text: "Decline card" }),
      el("button", { type: "reset", class: "button button-quiet", text: "Keep card" }),
    ),
  );
}

async function accept(state, suggestion) {
  busy(state, "Writing to the chart…");
  const written = [];
  try {
    for (const action of suggestion.actions ?? []) written.push(await state.applyAction(action));
  } catch (error) {
    return failed(state, error, written);
  } finally {
    if (written.length) state.onWritten(written);
  }
  state.accepted.add(suggestion);
  const done = written.length
    ? `Accepted: “${suggestion.label}”. ${state.applyAction === apply ? "Written to the chart" : "Changed"}: ${written.join(", ")}.`
    : `Accepted: “${suggestion.label}”.`;
  const entry = {
    card: state.card.uuid,
    outcome: "accepted",
    acceptedSuggestions: [{ id: suggestion.uuid }],
  };
  await settle(state, done, state.card.uuid && suggestion.uuid ? entry : null);
}

async function decline(state, reason, comment) {
  busy(state, "Declining…");
  const overrideReason = {};
  if (reason) overrideReason.reason = reason;
  if (comment) overrideReason.userComment = comment;
  const entry = { card: state.card.uuid, outcome: "overridden" };
  if (Object.keys(overrideReason).length) entry.overrideReason = overrideReason;
  state.declined = true;
  await settle(state, `Declined${reason ? `: ${reason.display ?? reason.code}` : ""}.`, entry);
}

// What happened in the chart stays said even when the feedback about it cannot be delivered; that can be tried again.
async function settle(state, done, entry) {
  try {
    const record = entry ? await sendFeedback(state.service, entry) : null;
    settled(state, done, record ? `Feedback sent (${record.status}).` : "This card takes no feedback.");
  } catch (error) {
    if (!(error instanceof CdsError)) throw error;
    const again = button("Send the feedback again", () => settle(state, done, entry));
    settled(state, done, problemPanel(error, again));
  }
}

function settled(state, done, feedback) {
  state.root.classList.add("card-settled");
  state.root.querySelector("details")?.removeAttribute("open");
  const more =
    !state.declined &&
    state.card.selectionBehavior === "any" &&
    state.accepted.size < state.card.suggestions.length;
  if (more) drawControls(state);
  else show(state.controls);
  const mark = el("span", { class: "outcome-mark", "aria-hidden": "true", text: state.declined ? "–" : "✓" });
  show(
    state.outcome,
    el("p", {}, mark, done),
    typeof feedback === "string" ? el("p", { class: "muted", text: feedback }) : feedback,
  );
  state.outcome.focus();
}

function busy(state, words) {
  for (const control of state.controls.querySelectorAll("button, select, textarea")) control.disabled = true;
  show(state.outcome, el("p", { class: "loading", text: words }));
}

function failed(state, error, written) {
  if (!(error instanceof FhirError)) throw error;
  drawControls(state);
  const before = written.length
    ? el("p", { text: `Already written before that: ${written.join(", ")}.` })
    : null;
  show(state.outcome, problemPanel(error), before);
  state.outcome.focus();
}
