#!/usr/bin/env node
// `veche-sdk build` and `veche-sdk types`, in the folder of a plug-in.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { build } from "./build.js";
import { declarations } from "./types.js";

const USAGE = `usage: veche-sdk build    makes dist/<name>.wasm of the plug-in in this folder
       veche-sdk types    writes .veche/veche-sdk.d.ts for the editor and for tsc`;

/** Writes the declarations that editors and `tsc` read. @param {string} project */
function types(project) {
  const file = join(project, ".veche/veche-sdk.d.ts");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, declarations());
}

try {
  const [task, ...rest] = process.argv.slice(2);
  if (rest.length > 0 || (task !== "build" && task !== "types")) throw new Error(USAGE);
  types(process.cwd());
  if (task === "build") {
    const made = await build(process.cwd());
    console.log(`${made.file}: ${made.size} bytes; does ${made.kinds.join(", ")}; asks for ${made.permissions.join(", ")}`);
  }
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
