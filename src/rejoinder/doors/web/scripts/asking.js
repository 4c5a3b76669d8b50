// The form of a stored question: its values are put into the query as terms, as the server does it.

import { read } from "files";
import { answered, element, failed } from "./answered.js";
import { names, run } from "./running.js";
import { nearest } from "./spelling.js";

const XSD = "http://www.w3.org/2001/XMLSchema#";
// How the types of XSD that a query may take are written (XML Schema 1.1, part 2).
const WRITTEN = {
  integer: [/^[+-]?\d+$/, "42"],
  date: [/^\d{4}-\d\d-\d\d$/, "2022-08-22"],
  dateTime: [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/, "2022-08-22T12:00:00"],
  decimal: [/^[+-]?(\d+\.?\d*|\.\d+)$/, "1.5"],
  boolean: [/^(true|false|0|1)$/, "true"],
};

/** Let a form ask, and show the answer in the place of the one that came with the page. */
export function asking(form) {
  const name = decodeURIComponent(new URL(form.action).pathname.split("/").pop()).replace(/\.html$/, "");
  const queries = read("queries.json");
  const bar = form.nextElementSibling;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, value.trim()]).filter(([, value]) => value));
    window.history.replaceState(null, "", `?${new URLSearchParams(given)}`);  // an address that leads here again
    document.querySelector("#answer")?.remove();
    for (let old = bar; old; old = old.nextElementSibling) if (!old.matches("details")) old.hidden = true;
    const waiting = element("p", { id: "answer", className: "quiet" }, "asking …");
    form.after(waiting);
    waiting.replaceWith(await shown(queries, name, given));
  });
  const fields = [...new URLSearchParams(location.search)].filter(([key]) => form.elements.namedItem(key));
  for (const [key, value] of fields) form.elements.namedItem(key).value = value;
  if (fields.length) form.requestSubmit();
}

async function shown(queries, name, given) {
  try {
    const found = await run(bound((await queries)[name], given, await names));
    if (found.mistake) return failed(found);
    const answer = answered(joined(found), await names);
    answer.append(element("p", { className: "quiet" }, "What rows with other values rest on is told by a server: rejoinder serve."));
    return answer;
  } catch (error) {
    return failed({ mistake: error.message });
  }
}

/** Return an answer in which a column of IRIs has become the links of the names that these bear. */
function joined(found) {
  const { columns, rows } = found;
  if (!columns) return found;
  const shown = columns.filter((name) => !(name.endsWith("Iri") && columns.includes(name.slice(0, -3))));
  const places = shown.map((name) => [columns.indexOf(name), columns.indexOf(`${name}Iri`)]);
  const cell = (value, iri) => (value && iri ? { ...value, leads: iri.value } : value);
  return {
    ...found,
    columns: shown.map((name) => name[0].toUpperCase() + name.slice(1).replace(/[A-Z]/g, " $&").toLowerCase()),
    rows: rows.map((row) => places.map(([value, iri]) => cell(row[value], row[iri]))),
  };
}

/** Return the text of a query with its parameters replaced by terms; an optional one without a value stays a variable. */
function bound({ pieces, parameters }, given, names) {
  const terms = parameters.map((parameter) => {
    const value = given[parameter.name] || parameter.default;
    if (!value && parameter.required) throw new Error(`the question needs a value for ${parameter.name}`);
    return value ? term(parameter, value, names) : parameter.variable;
  });
  return pieces.map((piece) => (typeof piece === "number" ? terms[piece] : piece)).join("");
}

function term({ name, type, default: usual }, value, names) {
  if (type === "iri") return `<${value === usual ? value : iri(value, names)}>`;
  const text = JSON.stringify(value);  // whose escapes SPARQL has too
  if (type === "literal") return text;
  const kind = type.replace("xsd_", "");
  const [fits, example] = WRITTEN[kind] ?? [/^/, ""];
  if (!fits.test(value)) throw new Error(`${value} is no ${kind}, which ${name} takes; write it like ${example}`);
  return `${text}^^<${XSD}${kind}>`;
}

function iri(text, { labels, prefixes }) {
  const bare = /^<.*>$/s.test(text) ? text.slice(1, -1) : text;
  if (/^(https?|urn):/.test(bare)) {
    if (/[<>"{}|^`\\\0-\x20]/.test(bare)) throw new Error(`${text} is not an IRI`);
    return bare;
  }
  const found = Object.hasOwn(labels, text) ? labels[text] : [];
  if (found.length === 1) return found[0];
  if (found.length > 1) throw new Error(`${text} is the name of ${found.length} things; give one of: ${found.join(", ")}`);
  const [, prefix, rest] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  const whole = Object.hasOwn(prefixes, prefix ?? "") ? prefixes[prefix] + rest : "";
  if (whole && Object.values(labels).some((iris) => iris.includes(whole))) return whole;
  const of = (start) => Object.values(labels).flat().filter((one) => one.startsWith(start)).map((one) => `${prefix}:${one.slice(start.length)}`);
  const known = whole ? of(prefixes[prefix]) : Object.keys(labels);
  const folded = new Map(known.map((one) => [one.toLowerCase(), one]));
  const [near] = nearest(text.slice(0, 200).toLowerCase(), folded.keys(), 1);
  throw new Error(`nothing in the graph is called ${text}${near ? `; did you mean ${folded.get(near)}?` : ""}`);
}
