
import type { Texts } from "veche-sdk";

/** One format, with its title by language. */
export type ExportFormat = Omit<Format, "title" | "columns"> & { title: Texts; columns?: readonly string[] };

/** What was written. */
export interface ExportSummary {
  /** Rows read. */
  rows: number;
  /** Rows that the format cannot carry; 0 if left out. */
  skipped?: number;
  /** Remarks for the person who asked. */
  notes?: readonly string[];
}

/** Where the file goes. */
export interface Output {
  /** Writes bytes, or a text in UTF-8, in pieces of the size that the host takes. */
  write(piece: Uint8Array | string): void;
}

/** Writes files: `export const exporter = { formats, export(…) { … } }`. */
export interface Exporter {
  /** The formats of this plug-in; a function if they depend on its settings. */
  formats: readonly ExportFormat[] | (() => readonly ExportFormat[]);
  /**
   * Writes one file. It reads the rows to their end: the host takes anything less for half a file. What is thrown is a
   * fault: what was written is thrown away then.
   */
  export(format: string, request: Request, rows: Rows, output: Output): ExportSummary;
}
