// Answers as elements. Data become text, never markup, and lead only to pages of this site and into the web.

import { at } from "files";

// What cannot be seen, or changes the direction of what follows (Unicode TR 9 and TR 36).
const HIDDEN = /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const LONG = 600;
const INTEGER = "http://www.w3.org/2001/XMLSchema#integer";

/** Return a text in which hidden characters can be seen. */
export const clean = (text) =>
  text.replace(HIDDEN, (mark) => `⟨U+${mark.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

/** Make an element; what is inside of it is text, or elements. */
export function element(name, properties, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside.map((one) => (typeof one === "string" ? clean(one) : one)));
  return made;
}

/** Return an answer of the engine as the part of the page that shows it. */
export function answered({ columns, rows, size, yes, seconds }, names) {
  const section = answer();
  const took = `, in ${seconds.toFixed(3)} seconds.`;
  if (yes !== undefined) {
    section.append(element("p", {}, element("strong", {}, yes ? "Yes" : "No"), took));
    return section;
  }
  const number = (count) => count.toLocaleString("en");
  const told = rows.length < size
    ? element("strong", {}, `Cut off: the first ${number(rows.length)} of ${number(size)} rows are shown`)
    : `${number(size)} ${size === 1 ? "row" : "rows"}`;
  const head = element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, element("bdi", {}, name))));
  const body = rows.map((row) => element("tr", {}, ...row.map((value) => element("td", {}, ...(value ? [term(value, names)] : [])))));
  const none = element("tr", {}, element("td", { colSpan: Math.max(columns.length, 1) }, "No rows: nothing in the graph fits."));
  const table = element(
    "table",
    { className: "answer" },
    element("caption", {}, "Answer"),
    element("thead", {}, head),
    element("tbody", {}, ...(rows.length ? body : [none])),
  );
  const wide = element("div", { className: "wide", role: "region", ariaLabel: "Rows of the answer", tabIndex: 0 }, table);
  section.append(element("p", {}, told, took), wide);
  return section;
}

/** Return what is wrong with a query as the part of the page that shows it. */
export function failed({ mistake, line, column }) {
  const section = answer();
  const where = line ? `Not understood, in line ${line}, column ${column}.` : "Not answered.";
  if (line) Object.assign(section.dataset, { line, column, message: clean(mistake) });
  section.append(element("p", { className: "against" }, element("strong", {}, where), " ", element("bdi", {}, mistake)));
  return section;
}

function answer() {
  return element("section", { id: "answer", ariaLabel: "Answer", ariaLive: "polite" });
}

/** Return a term; `leads` is an IRI that it leads to, as the name of a thing does. */
function term({ type, value, datatype, "xml:lang": language, leads }, names) {
  if (leads) return link(leads, value, names);
  if (type === "uri") return link(value, names.pages[value]?.[0] ?? short(value, names.prefixes), names);
  const isCount = datatype === INTEGER && /^\d{5,40}$/.test(value);
  const text = isCount ? BigInt(value).toLocaleString("en") : type === "bnode" ? `_:${value}` : value;
  if (text.length <= LONG) return element("bdi", language ? { lang: language } : {}, text);
  return element("details", { className: "long" }, element("summary", {}, `${text.slice(0, 160)}…`), element("bdi", {}, text));
}

function link(iri, label, names) {
  const text = element("bdi", {}, label);
  const page = names.pages[iri]?.[1];
  if (page) return element("a", { href: at(page) }, text);
  return isOfTheWeb(iri) ? element("a", { href: iri, className: "outside", rel: "external noreferrer" }, text) : text;
}

/** Tell whether an address may be led to: of the web, and with nothing in it that cannot be seen. */
const isOfTheWeb = (value) => /^https?:\/\/\S+$/i.test(value) && value === clean(value);

function short(iri, prefixes) {
  const found = Object.entries(prefixes).filter(([, space]) => iri.startsWith(space) && /^[\w.-]+$/.test(iri.slice(space.length)));
  const [prefix, space] = found.sort((one, other) => other[1].length - one[1].length)[0] ?? [];
  return prefix ? `${prefix}:${iri.slice(space.length)}` : iri;
}
