import { openSqliteReader } from "../../store/sqlite/open.ts";
import { listRuns, runTree } from "../../views/runs/index.ts";
import type { CliContext } from "../context.ts";
import { paintFor, runTreeLines } from "../show/run-tree.ts";
import type { Reporter } from "./reporter.ts";

const drawEveryMs = 150;
/** Times go on while nothing else happens. */
const idleDrawMs = 1000;
/** Of a terminal that does not say its size, or says 0, as those without a window do. */
const usualRows = 24;
const usualColumns = 80;

/** Draws the run's tree over itself as it changes. */
export function liveTree(
  context: CliContext,
  { run, database }: { readonly run: string; readonly database: string },
): Reporter {
  const db = openSqliteReader(database);
  const { stdout, clock } = context;
  const paint = paintFor(context);
  let drawn = 0;
  let timer: unknown;
  let due = Number.POSITIVE_INFINITY;

  const erase = (): void => {
    if (drawn > 0) {
      stdout.write(`\u001b[${drawn}A\u001b[0J`);
      drawn = 0;
    }
  };
  const draw = (): void => {
    const summary = listRuns(db).find(({ run_id }) => run_id === run);
    if (summary !== undefined) {
      const lines = runTreeLines(runTree(db, summary), clock.now(), paint);
      const shown = lines
        .slice(0, Math.max(1, (stdout.rows || usualRows) - 2))
        .map((line) => cut(line, stdout.columns || usualColumns));
      erase();
      stdout.write(shown.map((line) => `${line}\n`).join(""));
      drawn = shown.length;
    }
    schedule(idleDrawMs);
  };
  const schedule = (afterMs: number): void => {
    const at = clock.monotonic() + afterMs;
    if (at < due || timer === undefined) {
      clock.clearTimeout(timer);
      due = at;
      timer = clock.setTimeout(() => {
        timer = undefined;
        due = Number.POSITIVE_INFINITY;
        draw();
      }, afterMs);
    }
  };
  draw();
  return {
    transition: () => schedule(drawEveryMs),
    note: (text) => {
      erase();
      stdout.write(`${text}\n`);
      draw();
    },
    end: () => {
      clock.clearTimeout(timer);
      erase();
      db.close();
    },
  };
}

/** A line longer than the terminal would wrap, and the next drawing would miss it. Colour codes take no room. */
function cut(line: string, columns: number): string {
  let room = columns - 1;
  let result = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with ESC
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    const isColour = part.startsWith("\u001b");
    for (const char of isColour ? [] : part) {
      room -= wide.test(char) ? 2 : 1;
      result += room < 0 ? "" : char;
    }
    result += isColour ? part : "";
  }
  return result;
}

/** Characters that take two columns: of East Asia, and emoji. */
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
