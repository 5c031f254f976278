// What an author learns of an exception: where in the source it was thrown.

import log from "veche:plugin/log";

/**
 * Where lines of the built file come from, `[first line, lines, source, first line there]`; put in by `veche-sdk build`.
 * @type {{ files: string[], runs: [number, number, number, number][] } | undefined}
 */
const SOURCES = /** @type {any} */ (globalThis).__vecheSources;

/** Functions of a stack that are logged, the innermost ones. */
const FRAMES = 16;

/** A place in a stack: `at route (built.js:12:5)`. */
const PLACE = /([^\s()]+?):(\d+)(?::\d+)?(?=\)?$)/;

/**
 * The stack of an exception with places of the source, innermost first; without the SDK's own.
 * @param {unknown} error
 * @returns {string[]}
 */
function frames(error) {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return stack
    .split("\n")
    .map((line) => line.trim().replace(/^at /, ""))
    .filter((line) => line !== "" && PLACE.test(line))
    .map((line) => line.replace(PLACE, (_, __, number) => source(Number(number))))
    .filter((line) => !line.includes("veche-sdk/") && !line.includes("<"));
}

/** @param {number} line */
function source(line) {
  for (const [first, lines, file, start] of SOURCES?.runs ?? []) {
    if (line >= first && line < first + lines) return `${SOURCES?.files[file]}:${start + line - first}`;
  }
  return `line ${line}`;
}

/** @param {unknown} error */
export function message(error) {
  if (!(error instanceof Error)) return `thrown: ${printed(error)}`;
  return error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
}

/** @param {unknown} value */
function printed(value) {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/**
 * Writes an exception with its stack to the plug-in's log; what it says, and where.
 * @param {string} call
 * @param {unknown} error
 */
export function report(call, error) {
  const stack = frames(error);
  log.write("error", [`${call}: ${message(error)}`, ...stack.slice(0, FRAMES).map((frame) => `    at ${frame}`)].join("\n"));
  return stack[0] === undefined ? message(error) : `${message(error)} (at ${stack[0]})`;
}
