// Writes TypeScript declarations of the SDK: what comes from the contract is generated from its WIT, documentation and
// all; what the SDK adds stands in `types/*.d.ts` and is put beside it.

import { readFileSync } from "node:fs";

import { interfaces } from "./contract.js";

/** @typedef {import("./wit.js").Interface} Interface */
/** @typedef {import("./wit.js").Type} Type */
/** @typedef {import("./wit.js").Func} Func */

/** Modules of the SDK: which interfaces of the contract each one holds, and how much of them. */
const MODULES = [
  { module: "veche-sdk", interfaces: ["types", "categorizer", "router"], own: "index" },
  { module: "veche-sdk/indicators", interfaces: ["facts", "indicators"], own: "indicators" },
  { module: "veche-sdk/exporter", interfaces: ["streams", "exporter"], own: "exporter" },
  { module: "veche-sdk/directory", interfaces: ["directory"], functions: true },
  { module: "veche-sdk/calendar", interfaces: ["calendar"], functions: true, own: "calendar" },
  { module: "veche-sdk/datasets", interfaces: ["datasets"], functions: true, own: "datasets" },
  { module: "veche-sdk/applicant", interfaces: ["applicant"], functions: true },
  { module: "veche-sdk/log", interfaces: ["log"], own: "log" },
];

/** Types whose names mean something else in JavaScript. */
const RENAMED = new Map([["date", "CalendarDate"]]);
const NUMBERS = new Set(["u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "f32", "f64"]);

/**
 * The declarations of all modules.
 * @returns {string}
 */
export function declarations() {
  const contract = interfaces();
  const home = new Map(MODULES.flatMap(({ module, interfaces }) => interfaces.map((name) => [name, module])));
  const texts = MODULES.map(({ module, interfaces, functions, own }) => {
    const parts = interfaces.map((name) => contract.get(name)).filter((one) => one !== undefined);
    if (parts.length !== interfaces.length) throw new Error(`the contract has no ${interfaces.join(" or ")}: is the folder \`wit\` of this release?`);
    const lines = [...imports(parts, module, home)];
    for (const part of parts) {
      part.types.forEach((type) => lines.push(...definition(type)));
      if (functions) part.funcs.forEach((func) => lines.push(...doc(func.docs), `export function ${signature(func, camel(func.name))};`));
    }
    const added = own ? readFileSync(new URL(`../types/${own}.d.ts`, import.meta.url), "utf8").trimEnd().split("\n") : [];
    return [`declare module "${module}" {`, ...[...lines, ...added].map((line) => (line ? `  ${line}` : line)), "}"].join("\n");
  });
  return `// Made by \`veche-sdk types\` from the contract. Not for editing.\n\n${texts.join("\n\n")}\n`;
}

/** @param {Interface[]} parts @param {string} module @param {Map<string, string>} home */
function* imports(parts, module, home) {
  const wanted = new Map();
  for (const { from, names } of parts.flatMap((part) => part.uses)) {
    const where = home.get(from);
    if (where === undefined) throw new Error(`no module of the SDK holds the interface ${from} of the contract`);
    if (where === module) continue;
    wanted.set(where, new Set([...(wanted.get(where) ?? []), ...names.map(pascal)]));
  }
  for (const [where, names] of wanted) yield `import type { ${[...names].join(", ")} } from "${where}";`;
}

/** @param {import("./wit.js").Definition} type */
function definition(type) {
  const name = pascal(type.name);
  switch (type.kind) {
    case "alias":
      return [...doc(type.docs), `export type ${name} = ${type.type ? write(type.type) : "never"};`];
    case "enum":
      return [...doc(type.docs, type.members.map((one) => `"${one.name}": ${one.docs}`)), `export type ${name} = ${type.members.map((one) => `"${one.name}"`).join(" | ")};`];
    case "variant": {
      const cases = type.members.flatMap((one) => [
        ...doc(one.docs).map((line) => `  ${line}`),
        one.type ? `  | { tag: "${one.name}"; val: ${write(one.type)} }` : `  | { tag: "${one.name}" }`,
      ]);
      return [...doc(type.docs), `export type ${name} =`, ...cases.slice(0, -1), `${cases.at(-1)};`];
    }
    case "record":
      return braces(type.docs, `export interface ${name}`, type.members.map((one) => [one.docs, `${camel(one.name)}: ${one.type ? write(one.type) : "never"};`]));
    case "resource":
      return braces(type.docs, `export interface ${name}`, type.funcs.map((one) => [one.docs, `${signature(one, camel(one.name))};`]));
  }
}

/** @param {string} docs @param {string} head @param {[string, string][]} members */
function braces(docs, head, members) {
  return [...doc(docs), `${head} {`, ...members.flatMap(([docs, line]) => [...doc(docs), line].map((line) => `  ${line}`)), "}"];
}

/** @param {Func} func @param {string} name */
function signature(func, name) {
  const params = func.params.map((one) => `${camel(one.name)}: ${one.type ? write(one.type) : "never"}`);
  return `${name}(${params.join(", ")}): ${func.result ? result(func.result) : "void"}`;
}

/** The error of a function's result is thrown. @param {Type} type */
function result(type) {
  const [ok] = "of" in type && type.kind === "result" ? type.of : [type];
  return ok === undefined || ("name" in ok && ok.name === "_") ? "void" : write(ok);
}

/** @param {Type} type @returns {string} */
function write(type) {
  if ("name" in type) {
    if (NUMBERS.has(type.name)) return "number";
    return { bool: "boolean", string: "string", char: "string" }[type.name] ?? pascal(type.name);
  }
  const [first] = type.of;
  if (first === undefined) throw new Error(`\`${type.kind}\` of nothing`);
  switch (type.kind) {
    case "list":
      if ("name" in first && first.name === "u8") return "Uint8Array";
      return "of" in first && first.kind === "option" ? `(${write(first)})[]` : `${write(first)}[]`;
    case "option":
      return `${write(first)} | null`;
    case "tuple":
      return `[${type.of.map(write).join(", ")}]`;
    case "borrow":
    case "own":
      return write(first);
    default:
      throw new Error(`\`${type.kind}\` has no declaration: teach it to build/types.js`);
  }
}

/** @param {string} text @param {string[]} [more] */
function doc(text, more = []) {
  const lines = [...text.split("\n"), ...more].filter((line) => line !== "");
  if (lines.length === 0) return [];
  return lines.length === 1 ? [`/** ${lines[0]} */`] : ["/**", ...lines.map((line) => ` * ${line}`), " */"];
}

/** @param {string} name */
function pascal(name) {
  return RENAMED.get(name) ?? name.replace(/(^|-)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase());
}

/** @param {string} name */
function camel(name) {
  return name.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}
