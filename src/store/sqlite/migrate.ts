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
 * Brings each component up to its newest version, all of them in one transaction. A step may write a table anew: foreign
 * keys are off meanwhile, and checked before the commit.
 * @param refuseInUse asked where a store that is there is to be changed, by its tables: an older Pawl may be at work
 * @throws PawlError STORE_NEWER when the file was written by a Pawl that knows more; nothing is changed then.
 */
export function migrate(
  db: Database,
  file: string,
  components: readonly SchemaComponent[],
  nowIso: string,
  refuseInUse: () => void = () => undefined,
): void {
  let isChanged = false;
  const run = db.transaction(() => {
    db.exec(
      "CREATE TABLE IF NOT EXISTS schema_versions (component TEXT PRIMARY KEY, version INTEGER NOT NULL, applied_at TEXT NOT NULL) WITHOUT ROWID",
    );
    const isNew = db.prepare("SELECT 1 FROM schema_versions").get() === undefined;
    for (const component of components) {
      isChanged = migrateComponent(db, file, component, nowIso) || isChanged;
    }
    if (isChanged) {
      refuseBrokenReferences(db, file);
    }
    if (isChanged && !isNew) {
      refuseInUse();
    }
  });
  // Has no effect inside a transaction.
  db.pragma("foreign_keys = OFF");
  try {
    run.immediate();
  } finally {
    db.pragma("foreign_keys = ON");
  }
}

function refuseBrokenReferences(db: Database, file: string): void {
  const [broken] = db.pragma("foreign_key_check") as { readonly table: string; readonly parent: string }[];
  if (broken !== undefined) {
    const detail = `a row of ${broken.table} refers to a row of ${broken.parent} that is not there`;
    throw new PawlError("STORE_FAILED", { file, action: "brought up to date", detail });
  }
}

/** Whether anything was to be done. */
function migrateComponent(db: Database, file: string, component: SchemaComponent, nowIso: string): boolean {
  const known = component.migrations.at(-1)?.version ?? 0;
  const found = knownVersionOf(db, file, { component: component.name, known });
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
  return known > found;
}

/**
 * Version of a component in this file, which is one of those up to `known`.
 * @throws PawlError STORE_NEWER
 */
export function knownVersionOf(
  db: Database,
  file: string,
  { component, known }: { readonly component: string; readonly known: number },
): number {
  const found = versionOf(db, component);
  if (found > known) {
    throw new PawlError("STORE_NEWER", { file, found, component, known });
  }
  return found;
}

/** Version of a component in this file; 0 where it is not there yet. */
export function versionOf(db: Database, component: string): number {
  const row = db.prepare("SELECT version FROM schema_versions WHERE component = ?").get(component);
  return (row as { version: number } | undefined)?.version ?? 0;
}
