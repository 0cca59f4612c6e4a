// Chart values in words: names, ages, partial dates, coded texts, quantities.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SYSTEMS = {
  "http://snomed.info/sct": "SNOMED CT",
  "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
  "http://hl7.org/fhir/sid/icd-10": "ICD-10",
  "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
  "http://loinc.org": "LOINC",
};

const WRITTEN = [
  [/\{?1\.73_?\s?m2\}?/, "1.73 m²"],
  [/^(?:\{.*\}|1)$/, ""],
  [/\[(Hg|IU)\]/gi, "$1"],
  [/^Cel$/, "°C"],
  [/^\[degF\]$/, "°F"],
  [/10\*(\d)/, (_, power) => `10${"⁰¹²³⁴⁵⁶⁷⁸⁹"[power]}`],
  [/\/uL$/, "/µL"],
  [/kg\/m2$/, "kg/m²"],
];

/** The name a person goes by: the official one first, whole or put together. */
export function personName(patient) {
  const names = patient.name ?? [];
  const name =
    names.find((each) => each.use === "official") ?? names.find((each) => each.use === "usual") ?? names[0];
  if (!name) return "Name not recorded";
  const parts = [...(name.given ?? []), name.family].filter(Boolean).join(" ");
  return parts || name.text || "Name not recorded";
}

/** The age in completed years today or at death; in months below two years. */
export function age(patient, today = new Date()) {
  const born = datePart(patient.birthDate);
  if (!born) return "age unknown";
  const end = datePart(patient.deceasedDateTime) ?? [
    today.getFullYear(),
    today.getMonth() + 1,
    today.getDate(),
  ];
  const [year, month = 1, day = 1] = born;
  const months = (end[0] - year) * 12 + ((end[1] ?? 1) - month) - ((end[2] ?? 1) < day ? 1 : 0);
  return months < 24 ? `${Math.max(months, 0)} mo` : `${Math.floor(months / 12)} y`;
}

/** The administrative gender with a capital. */
export function sex(patient) {
  const word = patient.gender ?? "unknown";
  return word === "unknown" ? "Sex unknown" : word[0].toUpperCase() + word.slice(1);
}

/** The medical record number; a dash when there is none. */
export function recordNumber(patient) {
  const typed = (patient.identifier ?? []).find((each) =>
    (each.type?.coding ?? []).some((coding) => coding.code === "MR"),
  );
  return typed?.value ?? patient.identifier?.[0]?.value ?? "–";
}

/** A FHIR date or dateTime to the day, as precise as it was recorded: "4 Mar 2024", "Mar 2024", "2024". */
export function day(value) {
  const parts = datePart(value);
  if (!parts) return "–";
  const [year, month, dayOfMonth] = parts;
  return [dayOfMonth, month && MONTHS[month - 1], year].filter(Boolean).join(" ");
}

/** As day(), with the time of day where there is one, in the zone it was recorded in. */
export function moment(value) {
  const clock = /T(\d\d:\d\d)/.exec(value ?? "")?.[1];
  return clock ? `${day(value)}, ${clock}` : day(value);
}

/** What a CodeableConcept says, in words; SNOMED CT's semantic tags, such as "(disorder)", are left out. */
export function conceptText(concept) {
  const coding = concept?.coding ?? [];
  const words =
    concept?.text || coding.find((each) => each.display)?.display || coding[0]?.code || "Not coded";
  return words.replace(/ \((?:disorder|finding|procedure|situation|regime\/therapy|substance|event)\)$/, "");
}

/** The name of a code system that people know; empty for any other. */
export function systemName(system) {
  return SYSTEMS[system] ?? "";
}

/** The first code of a known system, such as "SNOMED CT 44054006"; empty when there is none. */
export function conceptCode(concept) {
  const coding = (concept?.coding ?? []).find((each) => SYSTEMS[each.system]);
  return coding ? `${SYSTEMS[coding.system]} ${coding.code}` : "";
}

/** A code of a status concept, such as clinicalStatus. */
export function statusCode(concept) {
  return concept?.coding?.[0]?.code ?? "";
}

/** A quantity with its unit, in the digits it came in. */
export function quantity(value) {
  if (value?.value === undefined) return "–";
  return `${value.comparator ?? ""}${number(value.value)}${unit(value) ? ` ${unit(value)}` : ""}`;
}

/** A number without the long tail of binary fractions. */
export function number(value) {
  return String(Math.abs(value) >= 100 ? Math.round(value * 10) / 10 : Number(value.toPrecision(4)));
}

/** The unit as people write it: "mm[Hg]" is mmHg, "10*3/uL" is 10³/µL, and a mere annotation is nothing. */
export function unit(value) {
  return WRITTEN.reduce((text, [ucum, usual]) => text.replace(ucum, usual), value?.unit || value?.code || "");
}

/** When something in the chart happened, for sorting: missing dates come last. */
export function newestFirst(dateOf) {
  return (a, b) => (dateOf(b) ?? "").localeCompare(dateOf(a) ?? "");
}

/** A number of bytes in words. */
export function bytes(count) {
  if (count === undefined) return "–";
  return count < 1024 ? `${count} B` : `${(count / 1024).toFixed(1)} KiB`;
}

/** A duration in words. */
export function milliseconds(ms) {
  return ms === null || ms === undefined || Number.isNaN(ms)
    ? "–"
    : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function datePart(value) {
  const match = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?/.exec(value ?? "");
  return match ? match.slice(1).filter(Boolean).map(Number) : null;
}
