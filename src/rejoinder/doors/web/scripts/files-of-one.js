// Where the scripts of a site that is one file find what they read: within it, as elements that have the files' names.

const text = (name) => document.getElementById(name).textContent;
const bytes = (name) => Uint8Array.from(atob(text(name)), (letter) => letter.charCodeAt(0));

/** Return the address of a page: a link within this one. */
export const at = (name) => name;

/** Return a file as JSON. */
export const read = async (name) => JSON.parse(text(name));

/** Start a worker, and give it its code and its graph. */
export function started() {
  const script = URL.createObjectURL(new Blob([text("sparql.js")], { type: "text/javascript" }));
  const worker = new Worker(script);
  worker.postMessage({ code: bytes("oxigraph.wasm.gz"), quads: bytes("graph.nq.gz") });
  return worker;
}

/** Return the query that a link to this page gives, if it gives one. A page on a disk has nothing but its fragment. */
export const given = () => new URLSearchParams(location.hash.replace(/^#\?/, "")).get("query");

addEventListener("hashchange", () => given() && location.reload());
history.scrollRestoration = "manual";
if (given()) addEventListener("load", () => document.querySelector("#asking").scrollIntoView({ behavior: "instant" }));
