import { type Dirent, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** In a larger tree git's own look at it is not dearer. */
const mostEntries = 500;
/** File systems stamp changes with a coarse clock: of what is younger than this, a second change may not show. */
export const settledMs = 20;

export interface Footprint {
  readonly text: string;
  /** When the youngest file was changed, in milliseconds since 1970. */
  readonly youngestMs: number;
}

/**
 * What is known of every file of a tree without reading it: a command that leaves it the same changed nothing. The
 * system sets the time of a change itself, and no program can set it back.
 *
 * @param files further files to look at
 * @returns null for a tree that is too large
 */
export function footprintOf(folder: string, files: readonly string[]): Footprint | null {
  const marks: string[] = [];
  let youngestMs = 0;
  const note = (path: string): void => {
    const { ino, mode, size, ctimeMs } = lstatSync(path);
    youngestMs = Math.max(youngestMs, ctimeMs);
    marks.push(`${path}\0${ino} ${mode} ${size} ${ctimeMs}`);
  };
  const walk = (path: string): boolean => {
    note(path);
    for (const entry of readdirSync(path, { withFileTypes: true }) as Dirent[]) {
      if (marks.length > mostEntries) {
        return false;
      }
      const below = join(path, entry.name);
      if (!entry.isDirectory()) {
        note(below);
      } else if (!walk(below)) {
        return false;
      }
    }
    return true;
  };
  try {
    if (!walk(folder)) {
      return null;
    }
    files.forEach(note);
  } catch {
    return null;
  }
  return { text: marks.join("\n"), youngestMs };
}
