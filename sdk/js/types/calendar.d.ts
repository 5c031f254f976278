
/** A date cannot be counted; the message says what to load or to correct. */
export class CalendarFailure extends Error {
  readonly cause: CalendarError;
}
