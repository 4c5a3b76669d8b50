// Queries run in a worker, one at a time; to stop one, its worker is ended, and another begins.

import { read, started } from "files";

/** A promise of the names and pages of all things. */
export const names = read("names.json");

let worker = null;
// Rejects the promise of the query that runs.
let fail = null;

/** Start the engine, which takes a moment to read the graph. */
export function begin() {
  if (!worker) {
    worker = started();
    worker.onerror = (event) => end(new Error(event.message || "the engine could not be started"));
  }
  return worker;
}

function end(reason) {
  worker.terminate();
  worker = null;
  fail?.(reason);
  fail = null;
}

/** Run a query: { columns, rows, size, seconds }, or { yes }, or { mistake, line, column }. Another one is stopped. */
export function run(query, signal) {
  const stopped = () => end(new DOMException("stopped", "AbortError"));
  if (fail) stopped();
  const mine = begin();
  return new Promise((resolve, reject) => {
    fail = reject;
    signal?.addEventListener("abort", () => {
      if (fail !== reject) return;
      stopped();
      begin();  // for the next query
    });
    mine.onmessage = ({ data }) => {
      fail = null;
      if (data.isBroken) end();
      resolve(data);
    };
    mine.postMessage(query);
  });
}
