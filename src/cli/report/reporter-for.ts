import { type CliContext, print, printJson } from "../context.ts";
import { eventLine } from "../show/event-line.ts";
import { liveTree } from "./live-tree.ts";
import type { Reporter } from "./reporter.ts";

/** One JSON object a line with `--json`, a live tree on a terminal, and plain lines elsewhere. */
export function reporterFor(
  context: CliContext,
  { json, run, database }: { readonly json: boolean; readonly run: string; readonly database: string },
): Reporter {
  if (json) {
    return {
      transition: (audit) => printJson(context, audit),
      // What its key says need not be said again.
      note: (text) => printJson(context, { note: text.replace(/^note: /, "") }),
      end: () => undefined,
    };
  }
  if (context.stdout.isTTY === true && context.env["TERM"] !== "dumb" && context.env["CI"] === undefined) {
    return liveTree(context, { run, database });
  }
  return {
    transition: (audit) => print(context, eventLine(audit)),
    note: (text) => print(context, text),
    end: () => undefined,
  };
}
