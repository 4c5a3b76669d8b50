// What answers the editor's queries, on a site of files: an engine in the page.

import { given } from "files";
import { answered, failed } from "./answered.js";
import { begin, names, run } from "./running.js";

const form = document.querySelector("#asking");

/** A promise of what may be completed. */
export const vocabulary = names;

/** Return the answer to the query in an address, as an element. */
export async function ask(address, signal) {
  const found = await run(new URLSearchParams(address.slice(address.indexOf("?"))).get("query"), signal);
  return found.mistake ? failed(found) : answered(found, await names);
}

document.querySelector("#unscripted").remove();
begin();
if (given()) {
  form.querySelector("textarea").value = given();
  setTimeout(() => form.requestSubmit());  // when the editor is there, which is made from this text
}
