// What a site of files does in the browser, beside the editor: it searches, and asks stored questions with other values.

import { asking } from "./asking.js";
import { searching } from "./searching.js";

document.querySelector("#unscripted").remove();
const form = document.querySelector("form.parameters");
if (form) asking(form);
else searching(document.querySelector("main"), new URLSearchParams(location.search).get("q") ?? "");
