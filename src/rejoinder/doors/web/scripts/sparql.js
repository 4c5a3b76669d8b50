// The worker that answers queries: Oxigraph, and the whole graph in it.

import init, { Store } from "oxigraph/web.js";

// More rows than these no page shows.
const MOST = 1000;
// What may stand before the word that tells the form of a query (SPARQL 1.1, section 19.8).
const FORM = /^(?:\s|#.*|BASE\s*<[^>]*>|PREFIX\s*[^:]*:\s*<[^>]*>)*(SELECT|ASK|CONSTRUCT|DESCRIBE)/i;

// Its sorting ends where values compare in a circle (9 < 10, 10 < "10a", "10a" < 9), and so does all else without memory.
const BROKEN = "The engine broke down: it has no memory left, or cannot put in order what is no number and what is one. "
  + "Ask for less, or order by STR() of it.";

/** Return the bytes of an address. */
async function fetched(address) {
  const found = await fetch(address);
  if (!found.ok) throw new Error(`${found.url}: ${found.status} ${found.statusText}`);
  return new Uint8Array(await found.arrayBuffer());
}

/** Return what is packed with gzip, as bytes or at an address, where a server may have unpacked it. */
async function unpacked(packed) {
  const bytes = typeof packed === "string" ? await fetched(packed) : packed;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function filled({ code, quads }) {
  const [engine, graph] = await Promise.all([unpacked(code), unpacked(quads)]);
  await init({ module_or_path: engine });
  const store = new Store();
  store.load(graph, { format: "nq" });
  return store;
}

let ready = null;

/** Take the code and the graph first, then queries. */
onmessage = async ({ data: query }) => {
  if (!ready) {
    ready = filled(query);
    ready.catch(() => {});  // told to whoever asks
    return;
  }
  try {
    const store = await ready;
    const started = performance.now();
    const found = answer(store, query);
    postMessage({ ...found, seconds: (performance.now() - started) / 1000 });
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return postMessage({ mistake: BROKEN, isBroken: true });
    const [, line, column, mistake] = /^error at (\d+):(\d+): (.*)$/s.exec(error.message) ?? [, , , error.message];
    postMessage({ mistake, line: Number(line ?? 0), column: Number(column ?? 0) });
  }
};

function answer(store, query) {
  const form = FORM.exec(query)?.[1].toUpperCase();
  if (form === "CONSTRUCT" || form === "DESCRIBE") {
    const quads = store.query(query);
    const rows = quads.slice(0, MOST).map((quad) => [quad.subject, quad.predicate, quad.object].map(plain));
    return { columns: ["subject", "property", "value"], rows, size: quads.length };
  }
  const { head, boolean: yes, results } = JSON.parse(store.query(query, { results_format: "json" }));
  if (yes !== undefined) return { yes };
  const rows = results.bindings.slice(0, MOST).map((row) => head.vars.map((name) => row[name] ?? null));
  return { columns: head.vars, rows, size: results.bindings.length };
}

/** Return a term as SPARQL 1.1 Query Results JSON has it. */
function plain(term) {
  if (term.termType === "NamedNode") return { type: "uri", value: term.value };
  if (term.termType === "BlankNode") return { type: "bnode", value: term.value };
  if (term.language) return { type: "literal", value: term.value, "xml:lang": term.language };
  return { type: "literal", value: term.value, datatype: term.datatype.value };
}
