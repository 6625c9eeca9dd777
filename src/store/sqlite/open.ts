import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { PawlError } from "../../base/errors/index.ts";
import { type Ids, systemIds } from "../../base/ids.ts";
import { type Clock, isoTime, systemClock } from "../../base/time.ts";
import type { Store } from "../port.ts";
import { takeClaim } from "./claim.ts";
import { storeFailure } from "./failures.ts";
import { migrate, type SchemaComponent } from "./migrate.ts";
import { runtimeMigrations } from "./schema.ts";
import { sqliteStore } from "./store.ts";

/**
 * What a commit survives. `full`: power loss, each commit is synced (SQLite synchronous=FULL). `normal`: a crash of
 * the process or `kill -9`; a power cut may take the last commits with it, never the file's integrity.
 */
export type Durability = "full" | "normal";

export interface SqliteOptions {
  /** Path of the file, made when it is not there; `:memory:` for one that lives as long as the process. */
  readonly file: string;
  readonly durability?: Durability | undefined;
  /** The host's own tables, after the runtime's. */
  readonly components?: readonly SchemaComponent[] | undefined;
  /** Names that `entity_type` of an audit event may have. */
  readonly entityTypes?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly ids?: Ids | undefined;
}

/**
 * Opens a store for writing, claims it, and brings its schema up to date.
 * @throws PawlError STORE_IN_USE, STORE_NEWER, STORE_NOT_A_DATABASE, STORE_READ_ONLY, STORE_FULL, STORE_FAILED
 */
export function openSqlite(options: SqliteOptions): Store {
  const { file } = options;
  const clock = options.clock ?? systemClock;
  let db: Database.Database | undefined;
  try {
    db = openFile(file, options.durability ?? "full");
    migrate(
      db,
      file,
      [{ name: "runtime", migrations: runtimeMigrations }, ...(options.components ?? [])],
      isoTime(clock.now()),
    );
    const claim = takeClaim(db, file, clock);
    nameEntityTypes(db, options.entityTypes ?? []);
    return sqliteStore(db, file, claim, storeIdOf(db, options.ids ?? systemIds(), clock));
  } catch (error) {
    db?.close();
    throw storeFailure(error, file, "opened");
  }
}

/** Opens a store to look at it; never blocks its writer and is never blocked (I8). */
export function openSqliteReader(file: string): Database.Database {
  try {
    if (!existsSync(file)) {
      throw new PawlError("STORE_NOT_A_DATABASE", { file, detail: "there is no such file" });
    }
    const db = new Database(file, { readonly: true, timeout: 5_000 });
    db.pragma("query_only = ON");
    return db;
  } catch (error) {
    throw storeFailure(error, file, "opened");
  }
}

function openFile(file: string, durability: Durability): Database.Database {
  if (file !== ":memory:") {
    mkdirSync(dirname(file), { recursive: true });
    refuseForeignFile(file);
  }
  const db = new Database(file, { timeout: 5_000 });
  db.pragma("journal_mode = WAL");
  db.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
  db.pragma("foreign_keys = ON");
  db.pragma("cache_size = -16000");
  return db;
}

const sqliteMagic = "SQLite format 3\0";

/** SQLite takes a short file that is no database for an empty one: it must not be overwritten. */
function refuseForeignFile(file: string): void {
  if (!existsSync(file)) {
    return;
  }
  const descriptor = openSync(file, "r");
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

function nameEntityTypes(db: Database.Database, names: readonly string[]): void {
  const insert = db.prepare("INSERT OR IGNORE INTO entity_types VALUES (?)");
  db.transaction(() => {
    for (const name of names) {
      insert.run(name);
    }
  }).immediate();
}

function storeIdOf(db: Database.Database, ids: Ids, clock: Clock): string {
  db.prepare("INSERT OR IGNORE INTO store_facts VALUES ('store_id', ?)").run(ids.next(clock.now()));
  return db.prepare("SELECT value FROM store_facts WHERE name = 'store_id'").pluck().get() as string;
}
