// The search of a site of files: names, however spaced, then their beginnings and parts, words of passages, spellings.

import { at, read } from "files";
import { element } from "./answered.js";
import { nearest } from "./spelling.js";

// More than this nobody looks through.
const MOST = 50;

/** Show in an element what a text finds. */
export async function searching(place, text) {
  const wanted = folded(text.slice(0, 200));
  document.querySelector("#search-text").value = text;
  if (!wanted) return;
  place.replaceChildren(element("h1", {}, "Found for “", element("bdi", {}, text), "”"));
  const index = await read("search.json");
  const found = once(index, [...named(index, wanted), ...said(index, wanted)]);
  if (found.length) {
    const cut = found.length > MOST ? `; the first ${MOST} are shown` : "";
    place.append(element("p", { className: "quiet" }, `${found.length} found${cut}.`), list(index, found.slice(0, MOST)));
    return;
  }
  place.append(element("p", { className: "lead" }, "Nothing has this name, and no passage says it."));
  const close = near(index, wanted);
  if (close.length) place.append(element("h2", {}, "Did you mean"), list(index, close));
}

const folded = (text) => text.toLowerCase().split(/\s+/).filter(Boolean).join(" ");

function named({ names }, wanted) {
  const ranked = names.map(([name, hit], place) => [rank(wanted, name), place, hit]).filter(([rank]) => rank < 6);
  return ranked.sort((one, other) => one[0] - other[0] || one[1] - other[1]).map(([, , hit]) => hit);
}

function said({ words }, wanted) {
  return words.filter(([text]) => wanted.split(" ").every((word) => text.includes(word))).map(([, hit]) => hit);
}

/**
 * Return 0 for the name itself, 1 for its letters and digits, 2 for its beginning, 3 for the beginning of a word in it,
 * 4 for any part, 5 where all words are in it, else 6.
 */
function rank(wanted, name) {
  if (name === wanted) return 0;
  if (letters(wanted) && letters(wanted) === letters(name)) return 1;
  if (name.startsWith(wanted)) return 2;
  if (name.includes(wanted)) return name.includes(` ${wanted}`) ? 3 : 4;
  return wanted.split(" ").every((word) => name.includes(word)) ? 5 : 6;
}

/** Return a text without what is no letter and no digit: GPT 3 and GPT3 are GPT-3. */
const letters = (text) => text.replace(/[^\p{L}\p{N}]+/gu, "");

/** Return hits without those that lead to a page once more. */
function once({ hits }, numbers) {
  const pages = new Set();
  return numbers.filter((number) => !pages.has(hits[number][1]) && pages.add(hits[number][1]));
}

/** Return what has a name that is spelt nearly so. */
function near(index, wanted) {
  const spellings = nearest(wanted, index.names.map(([name]) => name), 6);
  const hits = spellings.flatMap((near) => index.names.filter(([name]) => name === near).map(([, hit]) => hit));
  return once(index, hits);
}

function list({ hits }, numbers) {
  const shown = numbers.map((number) => {
    const [name, page, kind, words] = hits[number];
    const about = element("span", { className: "quiet" }, kind, ...(words ? [" · ", element("bdi", {}, words)] : []));
    return element("li", {}, element("a", { href: at(page) }, element("bdi", {}, name)), about);
  });
  return element("ul", { className: "gallery" }, ...shown);
}
