/** Builds the browser bundle to static/dist and prints its size; fails when a page's script grows past its limit. */

import { build } from "esbuild";
import { copyFileSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 200;
const outdir = "static/dist";

await build({
  entryPoints: ["static/js/main.js", "static/js/desk.js", "static/js/replay.js", "static/js/usage.js", "static/css/main.css", "static/js/trial.js", "static/css/admin.css"],
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome123", "firefox125", "safari17.5"],
  entryNames: "[name]",
  assetNames: "fonts/[name]",
  loader: { ".woff2": "file" },
  logLevel: "warning",
  outdir,
});

copyFileSync("static/icon.svg", `${outdir}/icon.svg`);

const kilobytes = (name) => gzipSync(readFileSync(`${outdir}/${name}`)).length / 1024;
const script = kilobytes("main.js") + kilobytes("desk.js");
console.log(
  `page script ${script.toFixed(1)} KB gzipped (limit ${LIMIT_KB}), ` +
    `style ${kilobytes("main.css").toFixed(1)} KB`,
);
if (script > LIMIT_KB) process.exit(1);
