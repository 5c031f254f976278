// The plug-in's own log.

import log from "veche:plugin/log";

/** @typedef {"trace" | "debug" | "info" | "warn" | "error"} Level */

/** @param {Level} level @param {string} message */
export function write(level, message) {
  log.write(level, String(message));
}

/** @param {string} message */
export const trace = (message) => write("trace", message);
/** @param {string} message */
export const debug = (message) => write("debug", message);
/** @param {string} message */
export const info = (message) => write("info", message);
/** @param {string} message */
export const warn = (message) => write("warn", message);
/** @param {string} message */
export const error = (message) => write("error", message);
