import { type Dirent, lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";

/** In a larger tree git's own look at it is not dearer. */
const mostEntries = 500;
/** File systems stamp changes with a coarse clock: of what is younger than this, a second change may not show. */
export const settledMs = 20;

export interface Footprint {
  /** By path. */
  readonly marks: ReadonlyMap<string, string>;
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
  const marks = new Map<string, string>();
  let youngestMs = 0;
  const note = (path: string): void => {
    const stats = lstatSync(path);
    youngestMs = Math.max(youngestMs, stats.ctimeMs);
    marks.set(path, markOf(stats));
  };
  const walk = (path: string): boolean => {
    note(path);
    for (const entry of readdirSync(path, { withFileTypes: true }) as Dirent[]) {
      if (marks.size > mostEntries) {
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
  return { marks, youngestMs };
}

/**
 * Whether everything is as it was. A folder in which a name came or went was changed itself, so that none need be
 * listed again.
 */
export function isUnchanged({ marks }: Footprint): boolean {
  try {
    for (const [path, mark] of marks) {
      if (markOf(lstatSync(path)) !== mark) {
        return false;
      }
    }
    return true;
  } catch {
    return false;
  }
}

function markOf({ ino, mode, size, ctimeMs }: Stats): string {
  return `${ino} ${mode} ${size} ${ctimeMs}`;
}
