/** One row of the error table. `{name}` in a text stands for a value given where the error is thrown. */
export interface ErrorEntry {
  /** Exit status of the command line (see README, "Exit status"). */
  readonly exit: number;
  /** HTTP status, for hosts that answer over HTTP. */
  readonly http: number;
  /** What happened, with the values in it. */
  readonly message: string;
  /** What the reader does next. */
  readonly fix: string;
}

/** Checks the shape of a part of the table and keeps its literal texts, from which the placeholders are typed. */
export function defineErrors<const T extends Record<string, ErrorEntry>>(part: T): T {
  return part;
}
