// Makes a component of a plug-in: bundle, see what it does and asks for, give it a world of just that, compile.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { files, KINDS, PERMISSIONS } from "./contract.js";

const SDK = fileURLToPath(new URL("..", import.meta.url));
/** Where the source is looked for, if `package.json` names none under `main`. */
const ENTRIES = ["src/plugin.js", "src/plugin.ts"];
const CONTRACT = "veche:plugin/";

/**
 * Builds the plug-in in a folder.
 * @param {string} project
 */
export async function build(project) {
  const { name, entry } = described(project);
  const esbuild = await tool(project, "esbuild");
  const { componentize } = await tool(project, "componentize-qjs");

  const kinds = await exported(esbuild, project, entry);
  const { code, permissions } = await bundled(esbuild, project, entry, kinds);
  const folder = mkdtempSync(join(tmpdir(), "veche-"));
  try {
    for (const [file, text] of files()) writeFileSync(join(folder, file), text);
    writeFileSync(join(folder, "built.wit"), world(kinds, permissions));
    const made = await componentize({ witPath: folder, world: "built", jsSource: code, stubWasi: true, sync: true });
    const file = join("dist", `${name}.wasm`);
    mkdirSync(join(project, "dist"), { recursive: true });
    writeFileSync(join(project, file), made.component);
    return { file, size: made.component.length, kinds, permissions };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} project */
function described(project) {
  const file = join(project, "package.json");
  if (!existsSync(file)) throw new Error(`there is no package.json in ${project}: run this in the folder of a plug-in`);
  const { name, main } = JSON.parse(readFileSync(file, "utf8"));
  if (typeof name !== "string" || !/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new Error(`the name ${JSON.stringify(name)} in package.json cannot be that of a plug-in: use small letters, digits and hyphens`);
  }
  const candidates = main === undefined ? ENTRIES : [main];
  const entry = candidates.find((path) => existsSync(join(project, path)));
  if (entry === undefined) throw new Error(`there is no ${candidates.join(" or ")}: put the source there, or name it in package.json under \`main\``);
  return { name, entry: resolve(project, entry) };
}

/** A tool that the project has installed. @param {string} project @param {string} name */
async function tool(project, name) {
  const require = createRequire(join(project, "package.json"));
  let path;
  try {
    path = require.resolve(name);
  } catch {
    throw new Error(`${name} is not installed here: run \`npm ci\`, and keep ${name} under \`devDependencies\` of package.json`);
  }
  return import(pathToFileURL(path).href);
}

/** Options of every bundle. @param {string} project */
function options(project) {
  return {
    absWorkingDir: project,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2023",
    platform: "neutral",
    mainFields: ["module", "main"],
    external: [`${CONTRACT}*`],
    charset: "utf8",
    logLevel: "silent",
    alias: Object.fromEntries(Object.entries(JSON.parse(readFileSync(join(SDK, "package.json"), "utf8")).exports).map(([path, file]) => [`veche-sdk${path.slice(1)}`, join(SDK, /** @type {string} */ (file))])),
  };
}

/** Bundles, or says where the source is wrong. @param {any} esbuild @param {object} how */
async function run(esbuild, how) {
  try {
    return await esbuild.build(how);
  } catch (error) {
    const found = /** @type {any} */ (error).errors;
    if (!Array.isArray(found)) throw error;
    const lines = found.map(({ text, location }) => (location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text));
    throw new Error(lines.join("\nerror: "));
  }
}

/** Kinds that the source exports. @param {any} esbuild @param {string} project @param {string} entry */
async function exported(esbuild, project, entry) {
  const { metafile } = await run(esbuild, { ...options(project), entryPoints: [entry] });
  const [output] = Object.values(/** @type {Record<string, { exports: string[] }>} */ (metafile.outputs));
  const names = output?.exports ?? [];
  const kinds = KINDS.filter((kind) => names.includes(kind));
  const where = relative(project, entry);
  if (!names.includes("plugin")) throw new Error(`${where} does not say what the plug-in is: \`export const plugin = { title: { ru: "…", en: "…" } }\``);
  if (kinds.length === 0) throw new Error(`${where} exports ${names.join(", ")}: export a ${KINDS.join(", or ")}, too`);
  return kinds;
}

/** The code of the component, and what it asks for. @param {any} esbuild @param {string} project @param {string} entry @param {string[]} kinds */
async function bundled(esbuild, project, entry, kinds) {
  const contents = [
    `import * as runtime from "veche-sdk/runtime";`,
    `import * as author from ${JSON.stringify(entry)};`,
    ...["plugin", ...kinds].map((name) => `export const ${name} = runtime.${name}(author.${name});`),
  ].join("\n");
  const { metafile, outputFiles } = await run(esbuild, {
    ...options(project),
    stdin: { contents, resolveDir: project, sourcefile: "veche-sdk/entry.js" },
    outfile: join(project, "dist/bundle.js"),
    sourcemap: "external",
    sourcesContent: false,
  });
  const output = /** @type {any[]} */ (Object.values(metafile.outputs)).find((one) => one.imports !== undefined && one.entryPoint !== undefined);
  const imports = /** @type {{ path: string }[]} */ (output.imports).map(({ path }) => path);
  const permissions = PERMISSIONS.filter((name) => imports.includes(CONTRACT + name));
  const unknown = imports.filter((path) => !PERMISSIONS.includes(path.slice(CONTRACT.length)));
  if (unknown.length > 0) throw new Error(`${unknown.join(", ")} is no part of the contract: there are ${PERMISSIONS.join(", ")}`);
  const text = outputFiles.find((/** @type {any} */ file) => file.path.endsWith(".js")).text;
  const map = JSON.parse(outputFiles.find((/** @type {any} */ file) => file.path.endsWith(".map")).text);
  return { code: `globalThis.__vecheSources = ${JSON.stringify(sources(project, map, text))};${text}`, permissions };
}

/**
 * Where each line of the bundle comes from, as runs of lines.
 * @param {string} project @param {any} map @param {string} text
 */
function sources(project, map, text) {
  const found = new SourceMap(map);
  /** @type {string[]} */
  const names = [];
  /** @type {[number, number, number, number][]} */
  const runs = [];
  text.split("\n").forEach((content, line) => {
    const column = content.length - content.trimStart().length;
    const entry = /** @type {any} */ (found.findEntry(line, column));
    if (entry.originalSource === undefined || entry.generatedLine !== line) return;
    const path = resolve(project, "dist", entry.originalSource);
    const inSdk = !relative(SDK, path).startsWith("..");
    const name = inSdk || entry.originalSource.includes("veche-sdk/entry.js") ? "veche-sdk/" : relative(project, path);
    if (!names.includes(name)) names.push(name);
    const last = runs.at(-1);
    const start = entry.originalLine + 1;
    if (last && last[0] + last[1] === line + 1 && names[last[2]] === name && last[3] + last[1] === start) last[1] += 1;
    else runs.push([line + 1, 1, names.indexOf(name), start]);
  });
  return { files: names, runs };
}

/** A world of just what the plug-in does and asks for. @param {string[]} kinds @param {string[]} permissions */
function world(kinds, permissions) {
  const lines = [...permissions.map((name) => `import ${name};`), ...["plugin", ...kinds].map((name) => `export ${name};`)];
  return `package ${packageName()};\n\nworld built {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
}

function packageName() {
  for (const text of files().values()) {
    const named = /^package ([^;]+);/m.exec(text);
    if (named?.[1]) return named[1];
  }
  throw new Error("no file of the contract names its package");
}
