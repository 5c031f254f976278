// Makes what the contract wants of what an author writes. `veche-sdk build` calls these; authors do not.

import "./globals.js";

import { message, report } from "./errors.js";
import { refusal as refused } from "./refusal.js";
import { utf8 } from "./utf8.js";

/** Most bytes that a sink takes at once. */
const PIECE = 1 << 20;
/** A plug-in without settings. */
const NO_SETTINGS = { type: "object", additionalProperties: false };

/** @typedef {Record<string, any>} Anything What comes from the author is checked by the contract's own types. */

/** @param {Record<string, string> | undefined} texts */
function localized(texts) {
  return Object.entries(texts ?? {}).map(([language, text]) => ({ language, text }));
}

/** @param {Anything | undefined} author */
export function plugin(author) {
  if (author === null || typeof author !== "object") {
    throw new TypeError("export what the plug-in is: `export const plugin = { title: { ru: \"…\", en: \"…\" } }`");
  }
  return {
    describe() {
      return {
        title: localized(author.title),
        summary: localized(author.summary),
        settingsSchema: JSON.stringify(author.settings ?? NO_SETTINGS),
        datasets: (author.datasets ?? []).map((/** @type {Anything} */ need) => ({ ...need, description: localized(need.description) })),
      };
    },
    /** @param {string} settings */
    configure(settings) {
      try {
        settled("configure", author.configure?.(JSON.parse(settings)));
      } catch (error) {
        throw refusal(error);
      }
    },
  };
}

/** What `configure` answers for an exception: an expected one as it is, any other with its place. @param {unknown} error */
function refusal(error) {
  if (error instanceof Error && error.name === "SettingsError") {
    return { field: /** @type {Anything} */ (error).field ?? null, message: error.message };
  }
  if (error instanceof Error && (error.name === "DatasetFailure" || error.name === "CalendarFailure")) {
    return { field: null, message: error.message };
  }
  return { field: null, message: report("configure", error) };
}

/** Runs a call; an exception becomes the plug-in's failure. @template T @param {string} name @param {() => T} work */
function call(name, work) {
  try {
    return settled(name, work());
  } catch (error) {
    const expected = error instanceof Error && ["Failure", "DatasetFailure", "CalendarFailure"].includes(error.name);
    const where = report(name, error);
    throw { message: expected ? error.message : where };
  }
}

/** A call never waits, so nobody would ever hear of a promise. @template T @param {string} name @param {T} answer */
function settled(name, answer) {
  if (typeof (/** @type {any} */ (answer)?.then) === "function") {
    throw new TypeError(`\`${name}\` is async: a call of a plug-in never waits, so make it an ordinary function`);
  }
  return answer;
}

/** @param {readonly (string | { message: string, evidence?: readonly string[] })[] | undefined} reasons */
function reasons(reasons) {
  return (reasons ?? []).map((why) =>
    typeof why === "string" ? { message: why, evidence: [] } : { message: why.message, evidence: [...(why.evidence ?? [])] },
  );
}

/** @param {Anything} author */
export function categorizer(author) {
  return {
    /** @param {unknown} appeal @param {unknown} context */
    categorize(appeal, context) {
      return call("categorize", () => {
        const answer = settled("categorize", author.categorize(appeal, context));
        if (answer === null || answer === undefined || answer.length === 0) return { tag: "no-opinion" };
        const candidates = answer.map((/** @type {Anything} */ one) => ({
          category: text(one.category, "category of a candidate"),
          confidence: number(one.confidence, "confidence of a candidate"),
          reasons: reasons(one.reasons),
        }));
        return { tag: "candidates", val: candidates };
      });
    },
  };
}

/** @param {Anything} author */
export function router(author) {
  return {
    /** @param {unknown} appeal @param {unknown} category @param {unknown} context */
    route(appeal, category, context) {
      return call("route", () => {
        const answer = settled("route", author.route(appeal, category, context));
        if (answer === null || answer === undefined) return { tag: "no-opinion" };
        if (typeof answer.needsPerson === "string") return { tag: "needs-person", val: answer.needsPerson };
        const clocks = (answer.clocks ?? []).map((/** @type {Anything} */ clock) => ({
          kind: clock.kind,
          due: number(clock.due, "due of a clock"),
          basis: text(clock.basis, "basis of a clock"),
        }));
        const priority = answer.priority ?? "normal";
        return { tag: "assigned", val: { body: text(answer.body, "body of an assignment"), priority, clocks, reasons: reasons(answer.reasons) } };
      });
    },
  };
}

/** @param {Anything} author */
export function indicators(author) {
  return {
    definitions() {
      return author.definitions.map((/** @type {Anything} */ one) => ({ ...one, title: localized(one.title) }));
    },
    /** @param {string} indicator @param {unknown} period @param {unknown} facts */
    measure(indicator, period, facts) {
      return call("measure", () =>
        settled("measure", author.measure(indicator, period, facts)).map((/** @type {Anything} */ one) => ({
          value: one.value ?? null,
          numerator: number(one.numerator, "numerator of a measurement"),
          denominator: one.denominator ?? null,
          excluded: one.excluded ?? 0,
          breakdown: Object.entries(one.breakdown ?? {}),
        })),
      );
    },
  };
}

/** @param {Anything} author */
export function exporter(author) {
  return {
    formats() {
      const formats = typeof author.formats === "function" ? author.formats() : author.formats;
      return formats.map((/** @type {Anything} */ one) => ({ ...one, title: localized(one.title), columns: [...(one.columns ?? [])] }));
    },
    /** @param {string} format @param {unknown} request @param {unknown} rows @param {{ write(bytes: Uint8Array): void }} sink */
    export(format, request, rows, sink) {
      return call("export", () => {
        const output = {
          /** @param {Uint8Array | string} piece */
          write(piece) {
            const bytes = typeof piece === "string" ? utf8(piece) : piece;
            for (let at = 0; at < bytes.length; at += PIECE) written(sink, bytes.subarray(at, at + PIECE));
          },
        };
        const summary = settled("export", author.export(format, request, rows, output));
        return { rows: number(summary?.rows, "rows of a summary"), skipped: summary.skipped ?? 0, notes: [...(summary.notes ?? [])] };
      });
    },
  };
}

/** @param {{ write(bytes: Uint8Array): void }} sink @param {Uint8Array} bytes */
function written(sink, bytes) {
  try {
    sink.write(bytes);
  } catch (error) {
    // The host's refusal is a text.
    const stop = new Error(refused(error) ?? message(error));
    stop.name = "Failure";
    throw stop;
  }
}

/** @param {unknown} value @param {string} what */
function text(value, what) {
  if (typeof value !== "string") throw new TypeError(`the ${what} is ${value === undefined ? "missing" : typeof value}: it must be a text`);
  return value;
}

/** @param {unknown} value @param {string} what */
function number(value, what) {
  if (typeof value !== "number") throw new TypeError(`the ${what} is ${value === undefined ? "missing" : typeof value}: it must be a number`);
  return value;
}
