import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Database } from "better-sqlite3";
import { PawlError } from "../base/errors/index.ts";
import { type StateFolder, stateFolderAt, storedPlansComponent } from "../pipeline/state/index.ts";
import { domainVersion } from "../store/domain/version.ts";
import { knownVersionOf } from "../store/sqlite/migrate.ts";
import { openSqliteReader } from "../store/sqlite/open.ts";
import { runtimeMigrations } from "../store/sqlite/schema.ts";
import type { CliContext } from "./context.ts";

/** Options of every command that looks at runs. */
export interface PlaceOptions {
  readonly state?: string;
}

export const stateOption = ["--state <dir>", "where runs are kept, instead of .state in the repository"] as const;

/** The state folder that a command means. Found without git, so that looking is fast. */
export function statePlace(context: CliContext, { state }: PlaceOptions): StateFolder {
  return stateFolderAt(checkoutAround(context.cwd) ?? context.cwd, state, context.cwd);
}

const schema = [
  { component: "runtime", known: runtimeMigrations.length },
  { component: "domain", known: domainVersion },
  { component: storedPlansComponent.name, known: storedPlansComponent.migrations.length },
];

/**
 * Opens the store to look at it.
 * @throws PawlError NO_RUNS, STORE_NEWER, STORE_NOT_A_DATABASE, STORE_DAMAGED, STORE_READ_ONLY
 */
export function openReader(state: StateFolder): Database {
  if (!existsSync(state.database)) {
    throw new PawlError("NO_RUNS", { folder: state.folder });
  }
  const db = openSqliteReader(state.database);
  try {
    // A process that was killed at its very beginning left a file without tables.
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'runs'").get() === undefined) {
      throw new PawlError("NO_RUNS", { folder: state.folder });
    }
    for (const part of schema) {
      knownVersionOf(db, state.database, part);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The top of the checkout around a folder, by its `.git`; undefined outside of any. */
export function checkoutAround(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) {
      return at;
    }
    if (dirname(at) === at) {
      return undefined;
    }
  }
}
