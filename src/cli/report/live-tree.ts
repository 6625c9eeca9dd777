import { count } from "../../base/count.ts";
import { openSqliteReader } from "../../store/sqlite/open.ts";
import { listRuns, type RunTree, runTree } from "../../views/runs/index.ts";
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
  /** The columns that each line on the screen takes. */
  let drawn: readonly number[] = [];
  let timer: unknown;
  let due = Number.POSITIVE_INFINITY;

  const columns = (): number => stdout.columns || usualColumns;

  const erase = (): void => {
    if (drawn.length > 0) {
      // A terminal that became narrower since has wrapped them.
      const rows = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns())), 0);
      // The terminal echoes what is typed, ^C above all, and the cursor is behind that.
      stdout.write(`\r\u001b[${rows}A\u001b[0J`);
      drawn = [];
    }
  };
  const draw = (): void => {
    const summary = listRuns(db).find(({ run_id }) => run_id === run);
    if (summary !== undefined) {
      const room = Math.max(1, (stdout.rows || usualRows) - 2);
      const lines = fitted(runTree(db, summary), room, (tree) => runTreeLines(tree, clock.now(), paint));
      const shown = lines.map((line) => cut(line, columns() - 1));
      erase();
      stdout.write(shown.map(({ text }) => `${text}\n`).join(""));
      drawn = shown.map(({ width }) => width);
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

const atWork: ReadonlySet<string> = new Set(["executing", "validating"]);

/** At most so many lines of a tree: where not all have room, those of the workstreams at work, and how many are left out. */
function fitted(tree: RunTree, room: number, linesOf: (tree: RunTree) => string[]): string[] {
  const all = linesOf(tree);
  if (all.length <= room || room < 2) {
    return all.slice(0, room);
  }
  const workstreams = tree.workstreams.filter(({ state }) => atWork.has(state));
  const shown = linesOf({ ...tree, workstreams }).slice(0, room - 1);
  return [...shown, `  … and ${count(all.length - shown.length, "line")} more`];
}

/** A line longer than the terminal would wrap, and the next drawing would miss it. Colour codes take no room. */
function cut(line: string, room: number): { readonly text: string; readonly width: number } {
  let text = "";
  let width = 0;
  let isFull = false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with ESC
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    const isColour = part.startsWith("\u001b");
    for (const char of isColour ? [] : part) {
      const taken = wide.test(char) ? 2 : 1;
      isFull ||= width + taken > room;
      text += isFull ? "" : char;
      width += isFull ? 0 : taken;
    }
    text += isColour ? part : "";
  }
  return { text, width };
}

/** Characters that take two columns: of East Asia, and emoji. */
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
