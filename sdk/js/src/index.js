// What an author imports from `veche-sdk`: errors, and words for what the contract's types leave verbose.

/** Settings or data that pass their schema and still cannot be used. */
export class SettingsError extends Error {
  /** @param {string} field @param {string} [message] */
  constructor(field, message) {
    super(message ?? field);
    this.name = "SettingsError";
    this.field = message === undefined ? null : field;
  }
}

/** The plug-in cannot do its work: what went wrong and what would mend it, without personal data. */
export class Failure extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "Failure";
  }
}

/** @param {string} question */
export function needsPerson(question) {
  return { needsPerson: question };
}

/**
 * @param {string} name @param {readonly string[]} columns
 * @param {{ required?: boolean, description?: Record<string, string> }} [options]
 */
export function table(name, columns, options) {
  return need(name, "table", columns, options);
}

/** @param {string} name @param {{ required?: boolean, description?: Record<string, string> }} [options] */
export function polygons(name, options) {
  return need(name, "polygons", [], options);
}

/** @param {string} name @param {{ required?: boolean, description?: Record<string, string> }} [options] */
export function blob(name, options) {
  return need(name, "blob", [], options);
}

/**
 * @param {string} name @param {string} shape @param {readonly string[]} columns
 * @param {{ required?: boolean, description?: Record<string, string> }} [options]
 */
function need(name, shape, columns, { required = false, description = {} } = {}) {
  return { name, shape, columns: [...columns], required, description };
}
