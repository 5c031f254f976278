// The contract that the SDK stands beside.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { parse } from "./wit.js";

/** Folder of the WIT files: beside `sdk/` in the repository and in what a new project is given. */
const WIT = fileURLToPath(new URL("../../../wit/", import.meta.url));

/** What a plug-in may export: the kinds. */
export const KINDS = ["categorizer", "router", "indicators", "exporter"];
/** What a plug-in may import: the permissions. */
export const PERMISSIONS = ["log", "directory", "calendar", "datasets", "applicant"];

/**
 * The files of the contract, by name.
 * @returns {Map<string, string>}
 */
export function files() {
  let names;
  try {
    names = readdirSync(WIT).filter((name) => name.endsWith(".wit"));
  } catch {
    names = /** @type {string[]} */ ([]);
  }
  if (names.length === 0) throw new Error(`the contract is not in ${WIT}: keep the folder \`wit\` beside the folder \`sdk\``);
  return new Map(names.map((name) => [name, readFileSync(join(WIT, name), "utf8")]));
}

/**
 * All interfaces of the contract, by name.
 * @returns {Map<string, import("./wit.js").Interface>}
 */
export function interfaces() {
  const found = [...files()].flatMap(([name, text]) => parse(text, name).interfaces);
  return new Map(found.map((one) => [one.name, one]));
}
