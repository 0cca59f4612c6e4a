// Observations to series: one per measured thing, newest value first, ready for a table row.

import { conceptText, newestFirst, number, quantity, unit } from "./format.js";

const SYSTOLIC = "8480-6";
const DIASTOLIC = "8462-4";

/** Groups observations by what they measure; entered-in-error ones are left out. */
export function seriesOf(observations) {
  const groups = new Map();
  for (const observation of observations) {
    if (["entered-in-error", "cancelled"].includes(observation.status)) continue;
    const key = keyOf(observation);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(observation);
  }
  return [...groups.values()].map(series).sort((a, b) => a.name.localeCompare(b.name));
}

/** Whether an observation carries a category code. */
export function hasCategory(observation, code) {
  return (observation.category ?? []).some((each) =>
    (each.coding ?? []).some((coding) => coding.code === code),
  );
}

/** When an observation was made. */
export function observedAt(observation) {
  return (
    observation.effectiveDateTime ??
    observation.effectivePeriod?.start ??
    observation.effectiveInstant ??
    observation.issued
  );
}

/** The value in words, whichever type it has. */
export function valueText(observation) {
  const pressure = bloodPressure(observation);
  if (pressure) return `${number(pressure[0].value)}/${number(pressure[1].value)} ${unit(pressure[0])}`;
  if (observation.valueQuantity) return quantity(observation.valueQuantity);
  if (observation.valueCodeableConcept) return conceptText(observation.valueCodeableConcept);
  for (const key of ["valueString", "valueInteger", "valueBoolean", "valueDateTime"]) {
    if (observation[key] !== undefined) return String(observation[key]);
  }
  if (observation.component?.length) {
    return observation.component.map((part) => `${conceptText(part.code)}: ${valueText(part)}`).join("; ");
  }
  return observation.dataAbsentReason
    ? `No value (${conceptText(observation.dataAbsentReason)})`
    : "No value";
}

/** The reference range in words; empty when none was sent. */
export function rangeText(observation) {
  const range = observation.referenceRange?.[0];
  if (!range) return "";
  if (range.text) return range.text;
  const [low, high] = [range.low?.value, range.high?.value];
  if (low !== undefined && high !== undefined) return `${number(low)}–${number(high)}`;
  if (low !== undefined) return `≥ ${number(low)}`;
  return high === undefined ? "" : `≤ ${number(high)}`;
}

/** The flag in words: what the laboratory said, else what the reference range says; empty when within it. */
export function flag(observation) {
  const code = observation.interpretation?.[0]?.coding?.[0]?.code;
  const said = {
    H: "High",
    HH: "Critically high",
    HU: "Critically high",
    L: "Low",
    LL: "Critically low",
    LU: "Critically low",
    A: "Abnormal",
    AA: "Critical",
    POS: "Positive",
  }[code];
  if (said) return said;
  if (code) return "";
  const value = observation.valueQuantity;
  const range = observation.referenceRange?.[0];
  if (value?.value === undefined || !range) return "";
  if (sameUnit(range.low, value) && value.value < range.low.value) return "Low";
  return sameUnit(range.high, value) && value.value > range.high.value ? "High" : "";
}

function series(observations) {
  const points = [...observations].sort(newestFirst(observedAt));
  const latest = points[0];
  return { name: conceptText(latest.code), code: loinc(latest), latest, points, lines: lines(points) };
}

// What can be drawn: the points in the newest point's unit, oldest first; two lines for a blood pressure.
function lines(points) {
  if (bloodPressure(points[0])) {
    return [0, 1].map((side) =>
      drawable(points.map((point) => [observedAt(point), bloodPressure(point)?.[side]])),
    );
  }
  return [drawable(points.map((point) => [observedAt(point), point.valueQuantity]))];
}

function drawable(pairs) {
  const first = pairs.find(([, value]) => value?.value !== undefined)?.[1];
  return pairs
    .filter(([at, value]) => at && value?.value !== undefined && sameUnit(value, first))
    .map(([at, value]) => ({ time: Date.parse(at), value: value.value }))
    .filter((point) => !Number.isNaN(point.time))
    .reverse();
}

function bloodPressure(observation) {
  const part = (code) =>
    observation.component?.find((each) => each.code?.coding?.some((coding) => coding.code === code))
      ?.valueQuantity;
  const pair = [part(SYSTOLIC), part(DIASTOLIC)];
  return pair.every((each) => each?.value !== undefined) ? pair : null;
}

function sameUnit(a, b) {
  if (a?.value === undefined) return false;
  return (
    !unit(a) ||
    !unit(b) ||
    unit(a).toLowerCase() === unit(b).toLowerCase() ||
    (a.code !== undefined && a.code === b.code)
  );
}

function loinc(observation) {
  return (observation.code?.coding ?? []).find((coding) => coding.system === "http://loinc.org")?.code ?? "";
}

function keyOf(observation) {
  return loinc(observation) || observation.code?.coding?.[0]?.code || conceptText(observation.code);
}
