// What a decision must not depend on. Without this the engine would end in a trap that says nothing.

/** @param {string} message @returns {() => never} */
function refuse(message) {
  return () => {
    throw new TypeError(message);
  };
}

const NO_CLOCK = "a plug-in has no clock: take `context.now`, the moment when the appeal was received";

const Native = globalThis.Date;

/** Dates are made from moments that are given; the present is not one of them. */
class GivenDate extends Native {
  /** @param {any[]} parts */
  constructor(...parts) {
    if (parts.length === 0) throw new TypeError(NO_CLOCK);
    // @ts-expect-error The overloads of `Date` take what the author gave.
    super(...parts);
  }

  static now = refuse(NO_CLOCK);
}

Object.defineProperty(GivenDate, "name", { value: "Date" });
globalThis.Date = /** @type {any} */ (GivenDate);
Math.random = refuse("a plug-in has no randomness: the same appeal must always get the same answer; take `appeal.id` if you need a number of its own");
