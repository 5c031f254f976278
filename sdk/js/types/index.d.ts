
/** Texts by language: `{ ru: "…", en: "…" }`. */
export type Texts = Record<string, string>;

/** A dataset that the plug-in wants; made by `table`, `polygons` or `blob`. */
export interface DatasetNeed {
  name: string;
  shape: "table" | "polygons" | "blob";
  columns: string[];
  required: boolean;
  description: Texts;
}

/** How a dataset is wanted. */
export interface DatasetOptions {
  /** Whether the plug-in cannot be configured without it. */
  required?: boolean;
  /** What it holds, by language. */
  description?: Texts;
}

/** A table that has these columns, in any order. */
export function table(name: string, columns: readonly string[], options?: DatasetOptions): DatasetNeed;
/** Polygons with keys. */
export function polygons(name: string, options?: DatasetOptions): DatasetNeed;
/** Bytes. */
export function blob(name: string, options?: DatasetOptions): DatasetNeed;

/** JSON Schema (2020-12) of an object: the form of the settings is made from it. */
export interface SettingsSchema {
  readonly type: "object";
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly [keyword: string]: unknown;
}

/**
 * What every plug-in is: `export const plugin = { … }`.
 * @typeParam Settings the settings object that fits `settings`
 */
export interface Plugin<Settings = any> {
  /** Title by language. */
  title: Texts;
  /** One paragraph by language. */
  summary?: Texts;
  /** Schema of the settings. Without it there are none. */
  settings?: SettingsSchema;
  /** Datasets that it reads. */
  datasets?: readonly DatasetNeed[];
  /**
   * Sets the plug-in up. Runs once for each binding; every call starts from a snapshot of what it leaves, so tables belong
   * here and not into a call. The settings passed the schema, with its defaults filled in.
   *
   * Throw a `SettingsError` for settings or data that cannot be used.
   */
  configure?(settings: Settings): void;
}

/** Why: a sentence, or a sentence with the words of the text that decided. */
export type Why = string | { message: string; evidence?: readonly string[] };

/** One category that may fit. */
export interface CandidateAnswer {
  /** Category code of the region, in force when the appeal was received. */
  category: string;
  /** 0 to 1; the host compares it with the block's threshold. */
  confidence: number;
  /** Why, strongest first. */
  reasons?: readonly Why[];
}

/** Says what an appeal is about: `export const categorizer = { categorize(appeal, context) { … } }`. */
export interface Categorizer {
  /**
   * Candidates best first, at most 16. None, or nothing at all, is no opinion: the next plug-in in the chain is asked.
   *
   * What is thrown is a fault of this call.
   */
  categorize(appeal: Appeal, context: Context): readonly CandidateAnswer[] | null | undefined;
}

/** Who, how urgent, by when. */
export interface AssignmentAnswer {
  /** Body code of the region. */
  body: string;
  /** Priority; `normal` if left out. */
  priority?: Priority;
  /** Terms, in any order. */
  clocks?: readonly Clock[];
  /** Why, strongest first. */
  reasons?: readonly Why[];
}

/** A question for a person; made by `needsPerson`. */
export interface NeedsPerson {
  readonly needsPerson: string;
}

/** A person must decide; the question to ask them. */
export function needsPerson(question: string): NeedsPerson;

/** Says who must act, and by when: `export const router = { route(appeal, category, context) { … } }`. */
export interface Router {
  /**
   * The body that must act with its clocks, `needsPerson(…)`, or nothing: then the next plug-in in the chain is asked.
   *
   * What is thrown is a fault of this call.
   */
  route(appeal: Appeal, category: ChosenCategory, context: Context): AssignmentAnswer | NeedsPerson | null | undefined;
}

/** Settings or data that pass their schema and still cannot be used. */
export class SettingsError extends Error {
  /** @param message what is wrong and what would be right */
  constructor(message: string);
  /**
   * @param field JSON pointer of the field: `/clocks/0/amount`
   * @param message what is wrong and what would be right
   */
  constructor(field: string, message: string);
  readonly field: string | null;
}

/** The plug-in cannot do its work: what went wrong and what would mend it, without personal data. */
export class Failure extends Error {}
