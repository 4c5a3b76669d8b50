// What may be written next: keywords, variables of the query, and the terms and things of the graph by their short names.

const KEYWORDS = (
  "ASK BIND CONSTRUCT COUNT DESCRIBE DISTINCT EXISTS FILTER GRAPH GROUP BY GROUP_CONCAT HAVING LIMIT MAX MIN MINUS NOT " +
  "OFFSET OPTIONAL ORDER BY PREFIX SELECT SUM UNION VALUES WHERE"
).split(" ");

/** Return a source of completions from a promise of the vocabulary: `prefixes`, and `names` with label and kind. */
export function completing(vocabulary) {
  return async (context) => {
    const word = context.matchBefore(/[?$]?[\w-]*(:[\w-]*)?/);
    if (word.from === word.to && !context.explicit) return null;
    const text = context.state.doc.toString();
    if (/^[?$]/.test(word.text)) return { from: word.from, options: variables(text, word.text) };
    const { prefixes, names } = await vocabulary;
    const options = names.map(({ name, label, kind }) => ({ label: name, detail: label, type: kind, apply: written(name, prefixes) }));
    if (!word.text.includes(":")) options.push(...KEYWORDS.map((label) => ({ label, type: "keyword", boost: 1 })));
    return { from: word.from, options, validFor: /^[\w-]*(:[\w-]*)?$/ };
  };
}

function variables(text, own) {
  const found = new Set(text.match(/[?$]\w+/g) ?? []);
  found.delete(own);
  return [...found].map((label) => ({ label, type: "variable" }));
}

/** Write a name, and declare its prefix where the query does not. */
function written(name, prefixes) {
  const prefix = name.split(":")[0];
  return (view, _, from, to) => {
    const declared = new RegExp(`PREFIX\\s+${prefix}:`, "i").test(view.state.doc.toString());
    const changes = [{ from, to, insert: name }];
    const added = declared ? "" : `PREFIX ${prefix}: <${prefixes[prefix]}>\n`;
    if (added) changes.unshift({ from: 0, insert: added });
    view.dispatch({ changes, selection: { anchor: added.length + from + name.length } });
  };
}
