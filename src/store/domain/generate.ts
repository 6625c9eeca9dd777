/** Turns the tables and one version of the catalogue into SQL: the database says again what the machines say (I5, I6). */
import type { MachineEntry } from "../../../machines/index.ts";
import { type DomainTable, needed } from "./table.ts";

/** What one version of the schema says of one table. */
export interface TableSql {
  readonly name: string;
  /** The CREATE TABLE, with `{name}` for its name. */
  readonly create: string;
  readonly indexes: readonly string[];
  /** Triggers by name. */
  readonly triggers: ReadonlyMap<string, string>;
}

export const textLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const textList = (texts: readonly string[]): string => texts.map(textLiteral).join(", ");

/** SQL of one table; `entry` is the machine of its rows, where it has one. */
export function tableSql(table: DomainTable, entry: MachineEntry | undefined): TableSql {
  return {
    name: table.name,
    create: createTable(table, entry),
    indexes: indexesOf(table, entry),
    triggers: triggersOf(table, entry),
  };
}

function createTable(table: DomainTable, entry: MachineEntry | undefined): string {
  const states = entry?.states.map(({ name }) => name) ?? [];
  const lines = [
    `${table.key} TEXT NOT NULL PRIMARY KEY CHECK (${table.key} <> '')`,
    ...(entry === undefined ? [] : [`state TEXT NOT NULL CHECK (state IN (${textList(states)}))`]),
    ...table.columns,
    needed("created_at"),
    needed("updated_at"),
    "metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata))",
    "version INTEGER NOT NULL DEFAULT 1",
    "CHECK (updated_at >= created_at)",
    ...(table.checks ?? []).map(
      (check) => `CHECK (${check.replaceAll("{terminal}", textList(entry?.terminal ?? []))})`,
    ),
  ];
  return `CREATE TABLE {name} (\n  ${lines.join(",\n  ")}\n);`;
}

function indexesOf({ name, indexes = [] }: DomainTable, entry: MachineEntry | undefined): string[] {
  const all = entry === undefined ? indexes : [{ on: "state, updated_at" }, ...indexes];
  return all.map(({ on, ...part }) => {
    const where = "where" in part && part.where !== undefined ? ` WHERE ${part.where}` : "";
    return `CREATE INDEX ${name}_${on.replaceAll(", ", "_")} ON ${name} (${on})${where};`;
  });
}

function triggersOf(table: DomainTable, entry: MachineEntry | undefined): Map<string, string> {
  const { name } = table;
  const trigger = (moment: string, body: string): [string, string] => {
    const own = `${name}_${moment.toLowerCase()}`;
    return [own, `CREATE TRIGGER ${own} BEFORE ${moment} ON ${name} BEGIN\n  ${body}\nEND;`];
  };
  return new Map([
    trigger("INSERT", refuse(insertRefusals(table, entry))),
    trigger("UPDATE", refuse(updateRefusals(table, entry))),
    trigger("DELETE", `SELECT RAISE(ABORT, ${textLiteral(`rows of ${name} are never deleted`)});`),
  ]);
}

interface Refusal {
  readonly when: string;
  readonly says: string;
}

/** One SELECT with one CASE: cheaper than a trigger for each rule. */
function refuse(refusals: readonly Refusal[]): string {
  const cases = refusals.map(({ when, says }) => `WHEN ${when} THEN RAISE(ABORT, ${textLiteral(says)})`);
  return `SELECT CASE\n    ${cases.join("\n    ")}\n  END;`;
}

function insertRefusals({ name, key }: DomainTable, entry: MachineEntry | undefined): Refusal[] {
  return [
    // REPLACE would delete the old row without telling the DELETE trigger.
    {
      when: `EXISTS (SELECT 1 FROM ${name} WHERE ${key} = NEW.${key} OR rowid = NEW.rowid)`,
      says: `the row of ${name} is there already`,
    },
    { when: "NEW.version IS NOT 1", says: "the version of a new row is 1" },
    ...(entry === undefined
      ? []
      : [
          {
            when: `NEW.state IS NOT ${textLiteral(entry.initial)}`,
            says: `a new row of ${name} is ${entry.initial}`,
          },
        ]),
  ];
}

function updateRefusals(table: DomainTable, entry: MachineEntry | undefined): Refusal[] {
  const { name, key, fixed, refusals = [] } = table;
  return [
    ...(entry === undefined ? [] : stateRefusals(name, entry)),
    { when: "NEW.version IS NOT OLD.version + 1", says: "version grows by one with each update" },
    ...[key, "rowid", "created_at", ...fixed].map((column) => ({
      when: `NEW.${column} IS NOT OLD.${column}`,
      says: `${column} of ${name} never changes`,
    })),
    ...refusals,
  ];
}

function stateRefusals(name: string, { terminal, transitions, states }: MachineEntry): Refusal[] {
  const frozen =
    terminal.length === 0
      ? []
      : [
          {
            when: `OLD.state IN (${textList(terminal)})`,
            says: `a row of ${name} in a terminal state stays as it is`,
          },
        ];
  const byState = states.map((state) => {
    const targets = [...new Set(transitions.filter(({ from }) => from === state.name).map(({ to }) => to))];
    const allowed = targets.map((to) => `NEW.state = ${textLiteral(to)}`).join(" OR ");
    return `WHEN ${textLiteral(state.name)} THEN ${allowed === "" ? "0" : allowed}`;
  });
  return [
    ...frozen,
    {
      when: `NEW.state IS NOT OLD.state AND NOT (CASE OLD.state ${byState.join(" ")} ELSE 0 END)`,
      says: `no such transition of ${name} is declared`,
    },
  ];
}
