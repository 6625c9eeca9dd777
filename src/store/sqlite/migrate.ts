import type { Database } from "better-sqlite3";
import { PawlError } from "../../base/errors/index.ts";

/** One step of a component's schema, from the version before to `version`. */
export interface Migration {
  /** Counts from 1, without gaps. */
  readonly version: number;
  readonly sql: string;
}

/** A part of the schema that is versioned on its own: the runtime's, or a host's domain tables. */
export interface SchemaComponent {
  readonly name: string;
  readonly migrations: readonly Migration[];
}

/**
 * Brings each component up to its newest version, all of them in one transaction.
 * @throws PawlError STORE_NEWER when the file was written by a Pawl that knows more; nothing is changed then.
 */
export function migrate(db: Database, file: string, components: readonly SchemaComponent[], nowIso: string): void {
  const run = db.transaction(() => {
    db.exec(
      "CREATE TABLE IF NOT EXISTS schema_versions (component TEXT PRIMARY KEY, version INTEGER NOT NULL, applied_at TEXT NOT NULL) WITHOUT ROWID",
    );
    for (const component of components) {
      migrateComponent(db, file, component, nowIso);
    }
  });
  run.immediate();
}

function migrateComponent(db: Database, file: string, component: SchemaComponent, nowIso: string): void {
  const found = versionOf(db, component.name);
  const known = component.migrations.at(-1)?.version ?? 0;
  if (found > known) {
    throw new PawlError("STORE_NEWER", { file, found, component: component.name, known });
  }
  for (const migration of component.migrations) {
    if (migration.version > found) {
      db.exec(migration.sql);
    }
  }
  if (known > found) {
    db.prepare(
      "INSERT INTO schema_versions VALUES (?, ?, ?) ON CONFLICT (component) DO UPDATE SET version = excluded.version, applied_at = excluded.applied_at",
    ).run(component.name, known, nowIso);
  }
}

/** Version of a component in this file; 0 where it is not there yet. */
export function versionOf(db: Database, component: string): number {
  const row = db.prepare("SELECT version FROM schema_versions WHERE component = ?").get(component);
  return (row as { version: number } | undefined)?.version ?? 0;
}
