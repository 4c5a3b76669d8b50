// What answers the editor's queries, on a server: its page of the same query.

/** A promise of what may be completed. */
export const vocabulary = fetch("/vocabulary.json").then((found) => found.json());

/** Return the part of a page that is the answer to the query in its address. */
export async function ask(address, signal) {
  const answer = await fetch(address, { signal });
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#answer");
}
