/** The pipeline's own tables, as one component of the schema that is versioned with the catalogue. */
import { catalogue, catalogueAt, type MachineEntry, type Since } from "../../../machines/index.ts";
import type { SchemaComponent } from "../sqlite/migrate.ts";
import { type TableSql, tableSql, textLiteral } from "./generate.ts";
import { domainTables } from "./tables.ts";
import { domainVersion } from "./version.ts";

function tablesAt(since: Since): TableSql[] {
  const entries = new Map<string, MachineEntry>(catalogueAt(since).map((entry) => [entry.name, entry]));
  return domainTables.map((table) =>
    tableSql(table, table.machine === undefined ? undefined : entries.get(table.machine)),
  );
}

const createAs = ({ create }: TableSql, name: string): string => create.replace("{name}", name);

function firstVersion(tables: readonly TableSql[]): string {
  const names = Object.keys(catalogue).map((name) => `(${textLiteral(name)})`);
  return [
    `INSERT OR IGNORE INTO entity_types VALUES ${names.join(", ")};`,
    ...tables.flatMap((table) => [createAs(table, table.name), ...table.indexes, ...table.triggers.values()]),
  ].join("\n");
}

/**
 * From one version to the next, with the rows that are there. A CHECK cannot be altered: its table is written anew,
 * with foreign keys off (see migrate) and before its triggers exist, which would refuse rows that are under way.
 */
function nextVersion(before: readonly TableSql[], after: readonly TableSql[]): string {
  return after
    .flatMap((table, index) => {
      const old = before[index];
      if (old === undefined) {
        return [createAs(table, table.name), ...table.indexes, ...table.triggers.values()];
      }
      if (old.create !== table.create) {
        const anew = `${table.name}_anew`;
        return [
          createAs(table, anew),
          `INSERT INTO ${anew} SELECT * FROM ${table.name};`,
          `DROP TABLE ${table.name};`,
          `ALTER TABLE ${anew} RENAME TO ${table.name};`,
          ...table.indexes,
          ...table.triggers.values(),
        ];
      }
      return [...table.triggers].flatMap(([name, sql]) =>
        old.triggers.get(name) === sql ? [] : [`DROP TRIGGER ${name};`, sql],
      );
    })
    .join("\n");
}

const [first, second] = [tablesAt("1.0.0"), tablesAt("1.1.0")];

/** Version 1 is the catalogue's 1.0.0, version 2 its 1.1.0. What was once shipped never changes: see its test. */
export const domainComponent: SchemaComponent = {
  name: "domain",
  migrations: [
    { version: 1, sql: firstVersion(first) },
    { version: domainVersion, sql: nextVersion(first, second) },
  ],
};
