// Datasets that the administrator bound. What the host answers with an error is thrown as a `DatasetFailure`.

import datasets from "veche:plugin/datasets";

import { refusal } from "./refusal.js";

/** Rows that the host gives at once. */
const ROWS = 4096;
/** Bytes that the host gives at once. */
const BYTES = 1 << 20;

/** A dataset cannot be read. */
export class DatasetFailure extends Error {
  /** @param {string} message @param {{ tag: string, val: string } | null} cause */
  constructor(message, cause) {
    super(message, { cause });
    this.name = "DatasetFailure";
  }
}

/**
 * @template {unknown[]} A
 * @template R
 * @param {(...args: A) => R} ask
 * @returns {(...args: A) => R}
 */
function checked(ask) {
  return (...args) => {
    try {
      return ask(...args);
    } catch (error) {
      const cause = refusal(error);
      if (cause === undefined) throw error;
      throw new DatasetFailure(
        cause.tag === "not-bound"
          ? `dataset ${cause.val} is not bound: choose a version of it in the binding`
          : `dataset ${cause.val} has another shape than the plug-in describes: bind one of that shape`,
        cause,
      );
    }
  };
}

export const columns = checked(datasets.columns);
export const get = checked(datasets.get);
export const scan = checked(datasets.scan);
export const locate = checked(datasets.locate);
export const read = checked(datasets.read);

/** @param {string} dataset @param {readonly string[]} wanted */
export function table(dataset, wanted) {
  const present = columns(dataset);
  const places = wanted.map((column) => {
    const place = present.indexOf(column);
    if (place < 0) throw new DatasetFailure(`dataset ${dataset} has no column ${column}, only ${present.join(", ")}: add the column`, null);
    return place;
  });
  const rows = [];
  for (;;) {
    const more = scan(dataset, rows.length, ROWS);
    for (const row of more) rows.push(places.map((place) => row[place] ?? ""));
    if (more.length === 0) return rows;
  }
}

/** @param {string} dataset */
export function bytes(dataset) {
  /** @type {Uint8Array[]} */
  const pieces = [];
  let length = 0;
  for (;;) {
    const piece = Uint8Array.from(read(dataset, length, BYTES));
    pieces.push(piece);
    length += piece.length;
    if (piece.length === 0) break;
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
