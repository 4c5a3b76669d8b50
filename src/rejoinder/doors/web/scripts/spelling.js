// What is spelt nearly so, by the measure of Python's difflib: the site suggests what the server suggests.

// How alike a spelling must be that is suggested.
const LEAST = 0.6;

/** Return the spellings that are most like a text, the nearest first. */
export function nearest(text, spellings, most) {
  const possible = (one) => (2 * Math.min(one.length, text.length)) / (one.length + text.length || 1) >= LEAST;
  const close = [...new Set(spellings)].filter(possible).map((one) => [alike(one, text), one]).filter(([measure]) => measure >= LEAST);
  close.sort(([measure, one], [other, another]) => other - measure || (one < another ? 1 : -1));
  return close.slice(0, most).map(([, one]) => one);
}

/** Return how alike two texts are, from 0 to 1: twice the letters that they share, by all letters of both. */
function alike(one, other) {
  return (2 * shared(one, other)) / (one.length + other.length || 1);
}

/** Return how many letters are in the longest part that both have, and so on in what is before it and behind it. */
function shared(one, other) {
  let [length, here, there] = [0, 0, 0];
  let ends = []; // of the parts that end at the letter before, by their place in the other text
  for (let i = 0; i < one.length; i++) {
    const next = [];
    for (let j = 0; j < other.length; j++) {
      if (one[i] !== other[j]) continue;
      next[j] = (ends[j - 1] ?? 0) + 1;
      if (next[j] > length) [length, here, there] = [next[j], i - next[j] + 1, j - next[j] + 1];
    }
    ends = next;
  }
  if (!length) return 0;
  const before = shared(one.slice(0, here), other.slice(0, there));
  return before + length + shared(one.slice(here + length), other.slice(there + length));
}
