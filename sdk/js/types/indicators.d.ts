
import type { Texts } from "veche-sdk";

/** One indicator, with its title by language. */
export type IndicatorDefinition = Omit<Definition, "title"> & { title: Texts };

/** One value, with its breakdown as an object: `{ body: "admin" }`. */
export interface IndicatorMeasurement {
  /** Value in the definition's unit; nothing where it is undefined. */
  value?: number | null;
  /** Upper part. */
  numerator: number;
  /** Lower part; nothing for a plain count. */
  denominator?: number | null;
  /** Rows that the definition leaves out; 0 if left out. */
  excluded?: number;
  /** Which part of the whole; the whole region if left out. */
  breakdown?: { [dimension in Dimension]?: string };
}

/** Computes additional indicators: `export const indicators = { definitions, measure(…) { … } }`. */
export interface Indicators {
  /** The indicators of this plug-in. */
  definitions: readonly IndicatorDefinition[];
  /** Measures one indicator over one period. What is thrown is a fault: nothing is recorded then. */
  measure(indicator: string, period: Period, facts: FactStream): readonly IndicatorMeasurement[];
}
