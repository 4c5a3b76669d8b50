// The SPARQL editor: the text field of the page with colours, completion, errors at their place, and a stop button.
// Without this script the page works as a form. What the server answers is a page; its answer is put into this one.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { sparql } from "codemirror-lang-sparql";
import { completing } from "./completion.js";
import { ask, vocabulary } from "engine";

const form = document.querySelector("#asking");
const field = form.querySelector("textarea");
const stop = form.querySelector("#stop");
const said = form.querySelector("#said");

// The colours are those of the page, which change with light and dark.
const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.bool], color: "var(--code-keyword)" },
  { tag: tags.variableName, color: "var(--code-variable)" },
  { tag: [tags.string, tags.number], color: "var(--code-value)" },
  { tag: [tags.namespace, tags.url, tags.typeName], color: "var(--code-name)" },
]);
const theme = EditorView.theme({
  "&": { color: "inherit", backgroundColor: "transparent", fontSize: "0.95rem" },
  ".cm-content": { fontFamily: "ui-monospace, monospace", minHeight: "14rem", caretColor: "currentColor" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "var(--code-tip-ground)", backgroundColor: "var(--code-variable)" },
  ".cm-gutters": { color: "var(--code-comment)", backgroundColor: "transparent", border: "none" },
  ".cm-cursor": { borderLeftColor: "currentColor" },
  ".cm-tooltip": { color: "var(--code-tip)", backgroundColor: "var(--code-tip-ground)" },
  "&.cm-focused": { outline: "2px solid var(--code-keyword)" },
});

// In a shadow root the styles of the editor come as style sheets of a script, which the page's policy allows.
const host = document.createElement("div");
host.className = "written";
field.before(host);
const root = host.attachShadow({ mode: "open" });
const run = () => (form.requestSubmit(), true);
const view = new EditorView({
  parent: root,
  root,
  state: EditorState.create({
    doc: field.value,
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      bracketMatching(),
      closeBrackets(),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": "SPARQL query" }),
      sparql(),
      syntaxHighlighting(colours),
      theme,
      autocompletion({ icons: false, override: [completing(vocabulary)] }),
      keymap.of([{ key: "Mod-Enter", run }, ...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
    ],
  }),
});
field.hidden = true;
form.querySelector(`label[for="${field.id}"]`).addEventListener("click", () => view.focus());

let asking = null;
stop.addEventListener("click", () => asking?.abort());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  asking?.abort();
  const mine = (asking = new AbortController());
  field.value = view.state.doc.toString();
  const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const clock = setInterval(() => (said.textContent = `asking for ${seconds()} …`), 100);
  stop.hidden = false;
  try {
    const answer = document.importNode(await ask(address, mine.signal), true);
    document.querySelector("#answer").replaceWith(answer);
    window.history.replaceState(null, "", address);
    said.textContent = "done";
    mark(answer.dataset);
  } catch (error) {
    if (asking === mine) said.textContent = error.name === "AbortError" ? `stopped after ${seconds()}` : `no answer: ${error.message}`;
  } finally {
    clearInterval(clock);
    if (asking === mine) stop.hidden = true;
  }
});

/** Show a mistake where it is: `line` and `column` count from 1, and are missing where there is none. */
function mark({ line, column, message }) {
  if (!line) {
    view.dispatch(setDiagnostics(view.state, []));
    return;
  }
  const of = view.state.doc.line(Math.min(Number(line), view.state.doc.lines));
  const from = Math.min(of.from + Number(column) - 1, of.to);
  view.dispatch(setDiagnostics(view.state, [{ from, to: Math.min(from + 1, of.to), severity: "error", message }]));
  view.dispatch({ selection: { anchor: from }, scrollIntoView: true });
  view.focus();
}

mark(document.querySelector("#answer").dataset);
