// Where the scripts of a site of files find what they read: beside them.

// Scripts stand two folders below the pages, as `static/built/`.
const root = new URL("../../", import.meta.url);

/** Return the address of a page, or of a file. */
export const at = (name) => new URL(name, root).href;

/** Return a file as JSON. */
export async function read(name) {
  const found = await fetch(at(`static/${name}`));
  if (!found.ok) throw new Error(`${found.url}: ${found.status} ${found.statusText}`);
  return found.json();
}

/** Start a worker, and tell it where its code and its graph are. */
export function started() {
  const worker = new Worker(at("static/built/sparql.js"));
  worker.postMessage({ code: at("static/built/oxigraph.wasm.gz"), quads: at("static/graph.nq.gz") });
  return worker;
}

/** Return the query that a link to this page gives, if it gives one. */
export const given = () => new URLSearchParams(location.search).get("query");
