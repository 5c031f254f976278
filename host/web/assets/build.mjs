// Bundles what the pages bring to the browser into the folder given: hashed names, compressed copies, a manifest.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { PurgeCSS } from "purgecss";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) {
  console.error("usage: node build.mjs FOLDER");
  process.exit(2);
}

const media = { ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8" };
const result = await build({
  absWorkingDir: here,
  entryPoints: ["src/app.js", "src/app.css", "src/charts.js", "src/theme.js"],
  bundle: true,
  minify: true,
  write: false,
  outdir: "out",
  format: "iife",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "inline",
  logLevel: "warning",
});

// Of the kit only what a page names: all of it takes a browser longer to read than the host takes to answer.
const named = ["../templates/**/*.html", "../src/**/*.rs", "src/*.js"].map((pattern) => join(here, pattern));
for (const file of result.outputFiles.filter((file) => file.path.endsWith(".css"))) {
  const [{ css }] = await new PurgeCSS().purge({
    content: named,
    css: [{ raw: file.text }],
    defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
    // The mark of the focus names no element, so it is kept by hand.
    safelist: { standard: [/^htmx-/, ":focus-visible"], greedy: [/data-bs-theme/, /aria-/, /\[/, /:has/] },
  });
  file.contents = Buffer.from(css);
}

mkdirSync(out, { recursive: true });
for (const old of readdirSync(out)) rmSync(join(out, old), { recursive: true });
const lines = [];
for (const file of result.outputFiles) {
  const name = file.path.split("/").pop();
  const dot = name.lastIndexOf(".");
  const text = Buffer.from(file.contents).toString();
  // A page must not ask a foreign host for anything.
  const foreign = [...text.matchAll(/(?:url\(|@import\s*)["']?(https?:)?\/\//g)];
  if (foreign.length > 0) throw new Error(`${name} asks a foreign host: ${foreign[0][0]}`);
  const bytes = Buffer.from(file.contents);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const hashed = `${name.slice(0, dot)}.${hash}${name.slice(dot)}`;
  writeFileSync(join(out, hashed), bytes);
  writeFileSync(join(out, `${hashed}.gz`), gzipSync(bytes, { level: 9 }));
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  writeFileSync(join(out, `${hashed}.br`), brotliCompressSync(bytes, brotli));
  lines.push(`${name}\t${hashed}\t${media[name.slice(dot)]}\n`);
}
writeFileSync(join(out, "manifest.tsv"), lines.join(""));
