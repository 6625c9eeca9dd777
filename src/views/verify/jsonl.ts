import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { canonicalJson } from "../../base/canonical-json.ts";
import { transitionsFiles } from "../../store/transitions-file.ts";
import type { AuditColumns } from "./chain.ts";
import type { Faults } from "./fault.ts";

/**
 * Compares transitions.jsonl, with the files put aside before it, to the table row by row. A file may end before the
 * table does: a crash can come between the two, and the next start writes what is missing. What is appended after this
 * was made is left out, so that a store may be written meanwhile: make it before the table is read.
 */
export class TransitionLines {
  readonly #faults: Faults;
  readonly #lines: Iterator<Line, undefined>;
  #count = 0;
  #missing = 0;

  constructor(file: string, faults: Faults) {
    this.#faults = faults;
    // Open from here on: a file that is put aside meanwhile is still the same one.
    const files = transitionsFiles(file).flatMap((name) => this.#readable(name, () => opened(name)) ?? []);
    this.#lines = this.#linesOf(files);
  }

  take(audit: AuditColumns): void {
    const { value: line, done } = this.#lines.next();
    if (done === true) {
      this.#missing += 1;
      return;
    }
    this.#count += 1;
    if (line.text !== lineOf(audit)) {
      this.#faults.add("jsonl", line.file, line.number, `it is not transition ${audit.transition_id} of the table`);
    }
  }

  /** After the last row of the table. */
  end(): { readonly lines: number; readonly missing: number } {
    const { value: line } = this.#lines.next();
    if (line !== undefined) {
      this.#faults.add("jsonl", line.file, line.number, "the table has no transition for it");
    }
    return { lines: this.#count, missing: this.#missing };
  }

  /** Whole lines only: what comes after the last line break is being written, or was cut off by a crash. */
  *#linesOf(files: readonly OpenFile[]): Generator<Line, undefined> {
    for (const { name, descriptor, bytes } of files) {
      const content = Buffer.alloc(bytes);
      this.#readable(name, () => readSync(descriptor, content));
      closeSync(descriptor);
      const texts = content.toString("utf8").split("\n").slice(0, -1);
      for (const [index, text] of texts.entries()) {
        yield { file: name, number: index + 1, text };
      }
    }
  }

  #readable<T>(name: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#faults.add("jsonl", basename(name), undefined, `it cannot be read: ${detail}`);
      return undefined;
    }
  }
}

function opened(name: string): OpenFile {
  const descriptor = openSync(name, "r");
  return { name: basename(name), descriptor, bytes: fstatSync(descriptor).size };
}

function lineOf(audit: AuditColumns): string | undefined {
  const { metadata, context, evidence } = audit;
  try {
    return canonicalJson({
      ...audit,
      metadata: JSON.parse(metadata) as unknown,
      context: JSON.parse(context) as unknown,
      evidence: evidence === null ? null : (JSON.parse(evidence) as unknown),
    });
  } catch {
    return undefined;
  }
}

interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
}

interface OpenFile {
  readonly name: string;
  readonly descriptor: number;
  readonly bytes: number;
}
