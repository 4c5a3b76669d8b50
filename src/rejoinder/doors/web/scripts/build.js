// Builds what the pages run in the browser. Each bundle says what answers its queries, and where its files are.

import { build } from "esbuild";

const shared = {
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  outdir: "../static/built",
};
/** Bundle scripts, each under a name. */
const bundled = (names, more) =>
  build({ ...shared, entryPoints: Object.entries(names).map(([out, name]) => ({ in: name, out })), ...more });

const ofServer = { engine: "./engine-of-server.js" };
const ofSite = { engine: "./engine-of-page.js", files: "./files-of-site.js" };
const ofOne = { engine: "./engine-of-page.js", files: "./files-of-one.js" };

await bundled({ editor: "editor.js" }, { alias: ofServer });
await bundled({ "static-site": "static-site.js", "static-editor": "editor.js" }, { alias: ofSite });
await bundled({ "one-file": "editor.js" }, { alias: ofOne });
// A page on a disk can start no worker that is a module, so this is none, and has no address of its own.
await bundled({ sparql: "sparql.js" }, { format: "iife", define: { "import.meta.url": "null" } });
await bundled(
  { oxigraph: "oxigraph/web_bg.wasm", "oxigraph-license": "./oxigraph-license.txt" },
  { loader: { ".wasm": "copy", ".txt": "copy" } },
);
