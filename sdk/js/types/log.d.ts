
/** Writes one line. Never fails; what is over the limits of the call is cut and counted. */
export function write(level: Level, message: string): void;
/** For the author while a rule is being written. */
export function trace(message: string): void;
/** For the author. */
export function debug(message: string): void;
/** For the administrator. */
export function info(message: string): void;
/** Something is odd, and the answer stands. */
export function warn(message: string): void;
/** The answer may be wrong. */
export function error(message: string): void;
