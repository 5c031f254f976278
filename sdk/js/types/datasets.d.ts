
/** All rows of a table, with these columns in this order; a missing column is a `DatasetFailure`. */
export function table<const Columns extends readonly string[]>(
  dataset: string,
  columns: Columns,
): { [column in keyof Columns]: string }[];

/** All bytes of a blob. */
export function bytes(dataset: string): Uint8Array;

/** A dataset cannot be read; the message says what to bind. */
export class DatasetFailure extends Error {
  readonly cause: DatasetError | null;
}
