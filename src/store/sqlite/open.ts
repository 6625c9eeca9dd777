import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { inspect } from "node:util";
import { PawlError } from "../../base/errors/index.ts";
import { type Ids, systemIds } from "../../base/ids.ts";
import { makeFolder } from "../../base/make-folder.ts";
import { type Clock, isoTime, systemClock } from "../../base/time.ts";
import type { Durability, Store } from "../port.ts";
import { adaptiveWriter } from "./adaptive-writer.ts";
import { refuseInUse, takeClaim } from "./claim.ts";
import { openConnection } from "./connection.ts";
import { Database } from "./driver.ts";
import { noIndexSpace, storeFailure } from "./failures.ts";
import { migrate, type SchemaComponent } from "./migrate.ts";
import { placeOf } from "./place.ts";
import { runtimeMigrations } from "./schema.ts";
import { sqliteStore } from "./store.ts";
import { openWriterThread } from "./writer-thread.ts";

export interface SqliteOptions {
  /** Path of the file, made when it is not there; `:memory:` for one that lives as long as the process. */
  readonly file: string;
  readonly durability?: Durability | undefined;
  /** The host's own tables, after the runtime's. */
  readonly components?: readonly SchemaComponent[] | undefined;
  /** How long the right to write lasts without being renewed, which is done on a third of it. Default 10 s. */
  readonly claimMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly ids?: Ids | undefined;
  /**
   * After so many events in large commits a thread of its own writes; 0: from the first commit on. A small commit ends
   * sooner in the thread of its caller, and a process that has no large ones never pays for another. Default 4096.
   */
  readonly threadAfterEvents?: number | undefined;
}

const threadAfterEvents = 4_096;

/**
 * Opens a store for writing, claims it, and brings its schema up to date.
 * @throws PawlError DURABILITY_UNKNOWN, STORE_IN_USE, STORE_LOCKED, STORE_NEWER, STORE_NOT_A_DATABASE, STORE_DAMAGED,
 *   STORE_READ_ONLY, STORE_FULL, STORE_FAILED, SQLITE_UNAVAILABLE
 */
export function openSqlite(options: SqliteOptions): Store {
  const { file } = options;
  const clock = options.clock ?? systemClock;
  refuseNoPath(file);
  refuseUnknownDurability(file, options.durability);
  // The thread opens it later, when the process may have gone to another folder.
  const path = file === ":memory:" ? file : resolve(file);
  let db: Database | undefined;
  try {
    const opened = openFile(path, options.durability ?? "full", file);
    db = opened;
    const components = [{ name: "runtime", migrations: runtimeMigrations }, ...(options.components ?? [])];
    migrate(db, file, components, isoTime(clock.now()), () => refuseInUse(opened, file, clock));
    const claim = takeClaim(db, file, clock, options.claimMs);
    const threadAfter =
      file === ":memory:" ? Number.POSITIVE_INFINITY : (options.threadAfterEvents ?? threadAfterEvents);
    const place = placeOf(db, clock);
    const { fence } = claim;
    const openThread = () => openWriterThread({ file: path, durability: options.durability ?? "full", fence });
    const writer = adaptiveWriter({ db, fence, place, threadAfter, openThread });
    claim.keep(writer.renew);
    return sqliteStore({ db, file, place, claim, writer, storeId: storeIdOf(db, options.ids ?? systemIds(), clock) });
  } catch (error) {
    db?.close();
    throw storeFailure(error, file, "opened");
  }
}

/** Opens a store to look at it; never blocks its writer and is never blocked (I8). */
export function openSqliteReader(file: string): Database {
  try {
    if (!existsSync(file)) {
      throw new PawlError("STORE_NOT_A_DATABASE", { file, detail: "there is no such file" });
    }
    const db = new Database(file, { readonly: true, timeout: 5_000 });
    db.pragma("query_only = ON");
    try {
      // The first look into the file.
      db.pragma("schema_version");
    } catch (error) {
      db.close();
      if (hasNoIndex(error) && !hasJournal(file)) {
        return unchangingReader(file);
      }
      throw error;
    }
    return db;
  } catch (error) {
    throw storeFailure(error, file, "opened");
  }
}

/** A database in WAL mode cannot be read where SQLite cannot make its index of the journal, as on a read-only or full disk. */
function hasNoIndex(error: unknown): boolean {
  const code = String((error as { readonly code?: unknown }).code);
  return code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_READONLY") || code === noIndexSpace;
}

function hasJournal(file: string): boolean {
  const journal = `${file}-wal`;
  return existsSync(journal) && statSync(journal).size > 0;
}

/** Nobody writes a file without a journal: a copy of it in memory, said not to be in WAL mode, is as good. */
function unchangingReader(file: string): Database {
  const content = readFileSync(file);
  content.fill(1, 18, 20);
  return new Database(content, { readonly: true });
}

/** SQLite takes "" for a file of its own that is gone with the process: whoever meant another would lose all. */
function refuseNoPath(file: unknown): void {
  const text = String(file);
  // A folder of that name would be made.
  if (text.startsWith("file:")) {
    const detail = "it is a URL: fileURLToPath() of node:url makes a path of it";
    throw new PawlError("STORE_NOT_A_DATABASE", { file: inspect(text), detail });
  }
  if (typeof file !== "string" || file === "" || file.includes("\0")) {
    throw new PawlError("STORE_NOT_A_DATABASE", { file: inspect(text), detail: "it is no path of a file" });
  }
}

/** What is misspelt would be taken for the weaker one. */
function refuseUnknownDurability(file: string, durability: unknown): void {
  if (durability !== undefined && durability !== "full" && durability !== "normal") {
    throw new PawlError("DURABILITY_UNKNOWN", { file, durability: inspect(durability) });
  }
}

/** @param file the path as it was given */
function openFile(path: string, durability: Durability, file: string): Database {
  if (path !== ":memory:") {
    makeFolder(dirname(path));
    refuseForeignFile(path, file);
  }
  return openConnection(path, durability, (db) => refuseForeignTables(db, file));
}

const sqliteMagic = "SQLite format 3\0";

/** SQLite takes a short file that is no database for an empty one: it must not be overwritten. */
function refuseForeignFile(path: string, file: string): void {
  if (!existsSync(path)) {
    return;
  }
  const descriptor = openSync(path, "r");
  try {
    if (fstatSync(descriptor).size === 0) {
      return;
    }
    const start = Buffer.alloc(sqliteMagic.length);
    readSync(descriptor, start, 0, start.length, 0);
    if (start.toString("latin1") !== sqliteMagic) {
      throw new PawlError("STORE_NOT_A_DATABASE", { file, detail: "it does not begin like a SQLite file" });
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Of another program, which knows nothing of Pawl's tables, nor of who may write beside it; or of a draft of Pawl. */
function refuseForeignTables(db: Database, file: string): void {
  const columns = db.pragma("table_info(schema_versions)") as { readonly name: string }[];
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  const isForeign = !columns.some(({ name }) => name === "component");
  if (tables[0] !== undefined && isForeign) {
    throw new PawlError("STORE_NOT_A_DATABASE", { file, detail: `its tables are another program's (${tables[0]})` });
  }
  if (tables.includes("actors") && !tables.includes("journal_pages")) {
    const detail = "it has no table journal_pages, as those of Pawl's first builds; only these can go on with it";
    throw new PawlError("STORE_NOT_A_DATABASE", { file, detail });
  }
}

function storeIdOf(db: Database, ids: Ids, clock: Clock): string {
  db.prepare("INSERT OR IGNORE INTO store_facts VALUES ('store_id', ?)").run(ids.next(clock.now()));
  return readStoreId(db);
}

/** By what a store is told from others, wherever its file is. */
export function readStoreId(db: Database): string {
  return db.prepare("SELECT value FROM store_facts WHERE name = 'store_id'").pluck().get() as string;
}
