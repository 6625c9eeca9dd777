import { harmless, harmlessJson } from "../base/control-characters.ts";
import { PawlError } from "../base/errors/index.ts";
import { inState } from "./show/in-state.ts";

interface WithParts {
  readonly errors: readonly PawlError[];
}

/**
 * What is printed to stderr for an error: code, what happened, and the fix; with `--json` one object in one line.
 * @param state the state folder as the caller named it, which the commands of the fix then name too
 */
export function describeError(error: unknown, json: boolean, state?: string): string {
  const known = error instanceof PawlError ? error : internalError(error);
  if (json) {
    return `${harmlessJson({ error: { ...known.toJSON(), fix: inState(known.fix, state) } })}\n`;
  }
  const parts = hasParts(known) ? known.errors : [known];
  const described = parts.map(({ message, code, fix }) => `${message} [${code}]\n  ${inState(fix, state)}\n`);
  const text = harmless(described.join(""));
  return parts.length > 1 ? `${text}${parts.length} problems.\n` : text;
}

/** Exit status of an error: that of its row in the error table; 1 for one that is in no table. */
export function exitStatusOf(error: unknown): number {
  return error instanceof PawlError ? error.exitStatus : 1;
}

/** What the system says no to, whoever asks: rights, space, the disk itself, too many open files. */
const refusals: ReadonlySet<unknown> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "ENOSPC",
  "EDQUOT",
  "EIO",
  "EMFILE",
  "ENFILE",
]);

function internalError(error: unknown): PawlError {
  if (error instanceof Error && refusals.has((error as NodeJS.ErrnoException).code)) {
    return new PawlError("FILE_REFUSED", { detail: error.message }, { cause: error });
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new PawlError("INTERNAL", { detail }, { cause: error });
}

function hasParts(error: PawlError): error is PawlError & WithParts {
  return "errors" in error && Array.isArray(error.errors);
}
