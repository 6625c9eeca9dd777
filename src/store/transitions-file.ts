/**
 * `transitions.jsonl`: the audit events as lines of JSON, for people and tools that follow a file. The database is the
 * truth; the file is brought up to it when it is opened, so that each event stands in it once and in order, whatever
 * a crash cut off. When it is full it is renamed and a new one is begun.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { canonicalJson } from "../base/canonical-json.ts";
import { PawlError } from "../base/errors/index.ts";
import { makeFolder } from "../base/make-folder.ts";
import type { Store, StoredAuditRow } from "./port.ts";
import { storeFailure } from "./sqlite/failures.ts";

export interface TransitionsFileOptions {
  readonly file: string;
  /** Size from which the file is put aside, in bytes. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
}

const defaultMaxBytes = 64 * 1024 * 1024;
const rowsAtOnce = 1_000;
const longestLineBytes = 1024 * 1024;

/**
 * Follows a store's commits into the file. Returns what ends it.
 * @throws PawlError STORE_READ_ONLY, STORE_FULL, STORE_FAILED when the file cannot be brought up to the store
 */
export function followTransitions(store: Store, options: TransitionsFileOptions): () => void {
  const file = broughtUpTo(store, options);
  const unfollow = store.onCommitted((audits) => file.append(audits));
  return () => {
    unfollow();
    file.close();
  };
}

function broughtUpTo(store: Store, options: TransitionsFileOptions): TransitionsFile {
  let file: TransitionsFile | undefined;
  try {
    file = new TransitionsFile(options, (id) => store.auditsAfter(id - 1, 1)[0]?.hash);
    for (;;) {
      const missing = store.auditsAfter(file.lastId, rowsAtOnce);
      if (missing.length === 0) {
        return file;
      }
      file.append(missing);
    }
  } catch (error) {
    file?.close();
    throw storeFailure(error, options.file, "brought up to the store");
  }
}

/** The files of a journal, oldest first, the one that is written last. */
export function transitionsFiles(file: string): string[] {
  const aside = existsSync(dirname(file))
    ? readdirSync(dirname(file))
        .map((name) => ({ name, lastId: asideId(basename(file), name) }))
        .filter(({ lastId }) => lastId !== undefined)
        .sort((a, b) => (a.lastId ?? 0) - (b.lastId ?? 0))
        .map(({ name }) => join(dirname(file), name))
    : [];
  return existsSync(file) ? [...aside, file] : aside;
}

/** `transitions.00000000001234.jsonl`: put aside after that transition. */
function asideName(file: string, lastId: number): string {
  return file.replace(/\.jsonl$/, `.${String(lastId).padStart(14, "0")}.jsonl`);
}

function asideId(current: string, name: string): number | undefined {
  const found = /^(.*)\.(\d{14})\.jsonl$/.exec(name);
  return found !== null && `${found[1]}.jsonl` === current ? Number(found[2]) : undefined;
}

class TransitionsFile {
  readonly #file: string;
  readonly #maxBytes: number;
  #descriptor: number;
  #bytes: number;
  lastId: number;

  constructor({ file, maxBytes }: TransitionsFileOptions, hashOf: HashOf) {
    this.#file = file;
    this.#maxBytes = maxBytes ?? defaultMaxBytes;
    makeFolder(dirname(file));
    const asideBefore = transitionsFiles(file)
      .filter((name) => name !== file)
      .at(-1);
    this.#descriptor = openToAppend(file);
    const { end, lastId } = lastLineOf(this.#descriptor, hashOf);
    // A line that a crash cut off is written again, whole; one that the store lost, or never had, is taken back.
    ftruncateSync(this.#descriptor, end);
    this.#bytes = end;
    this.lastId = lastId ?? (asideBefore === undefined ? 0 : (asideId(basename(file), basename(asideBefore)) ?? 0));
  }

  append(rows: readonly StoredAuditRow[]): void {
    let text = "";
    for (const row of rows) {
      if (row.transition_id > this.lastId) {
        text += lineOf(row);
        this.lastId = row.transition_id;
      }
    }
    if (text === "") {
      return;
    }
    const bytes = Buffer.from(text);
    // A disk that is nearly full takes a part of it; only the next write says why.
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#descriptor, bytes, written);
    }
    this.#bytes += bytes.length;
    if (this.#bytes >= this.#maxBytes) {
      this.#putAside();
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #putAside(): void {
    closeSync(this.#descriptor);
    renameSync(this.#file, asideName(this.#file, this.lastId));
    this.#descriptor = openToAppend(this.#file);
    this.#bytes = 0;
  }
}

/** @throws PawlError STORE_READ_ONLY for what has no end to be cut, such as a pipe; the system's error for a folder */
function openToAppend(file: string): number {
  const descriptor = openSync(file, "a+", 0o600);
  if (!fstatSync(descriptor).isFile()) {
    closeSync(descriptor);
    throw new PawlError("STORE_READ_ONLY", { file, detail: "it is no regular file" });
  }
  return descriptor;
}

const quote = JSON.stringify;

/** What canonicalJson gives of a row, the members written out in sorted order: three times as fast. */
function lineOf(row: StoredAuditRow): string {
  return (
    `{"context":${canonicalJson(row.context)},"entity_id":${quote(row.entity_id)}` +
    `,"entity_type":${quote(row.entity_type)},"event_id":${quote(row.event_id)},"event_type":${quote(row.event_type)}` +
    `,"evidence":${canonicalJson(row.evidence)},"from_state":${quote(row.from_state)},"hash":${quote(row.hash)}` +
    `,"metadata":${canonicalJson(row.metadata)},"operator":${quote(row.operator)},"prev_hash":${quote(row.prev_hash)}` +
    `,"reason":${quote(row.reason)},"severity":${quote(row.severity)},"to_state":${quote(row.to_state)}` +
    `,"transition_id":${row.transition_id},"transitioned_at":${quote(row.transitioned_at)}` +
    `,"trigger":${quote(row.trigger)}}\n`
  );
}

/** Hash of a transition in the store; undefined where it has none of that number. */
type HashOf = (transitionId: number) => string | undefined;

/** Where the last whole line ends that the store has too, and the transition in it. Its hash stands for all before. */
function lastLineOf(descriptor: number, hashOf: HashOf): { readonly end: number; readonly lastId: number | undefined } {
  const { size } = fstatSync(descriptor);
  const start = Math.max(0, size - longestLineBytes);
  const tail = Buffer.alloc(size - start);
  readSync(descriptor, tail, 0, tail.length, start);
  for (let end = tail.lastIndexOf(0x0a); end >= 0; end = end === 0 ? -1 : tail.lastIndexOf(0x0a, end - 1)) {
    const begin = end === 0 ? 0 : tail.lastIndexOf(0x0a, end - 1) + 1;
    const lastId = idOf(tail.toString("utf8", begin, end), hashOf);
    if (lastId !== undefined) {
      return { end: start + end + 1, lastId };
    }
  }
  return { end: 0, lastId: undefined };
}

function idOf(line: string, hashOf: HashOf): number | undefined {
  try {
    const { transition_id: id, hash } = JSON.parse(line) as { transition_id?: unknown; hash?: unknown };
    return typeof id === "number" && hashOf(id) === hash ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Reads all lines of a journal, oldest first. A line that is being written is left out. */
export function readTransitionsFiles(file: string): unknown[] {
  return transitionsFiles(file).flatMap((name) =>
    readFileSync(name, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown),
  );
}
