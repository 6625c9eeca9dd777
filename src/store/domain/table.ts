import type { EntityType } from "../../../machines/index.ts";

/** One table of the pipeline's entities, as the generator turns it into SQL. */
export interface DomainTable {
  readonly name: string;
  readonly key: string;
  /** The machine whose states its rows have; none for tables that are only referred to. */
  readonly machine?: EntityType;
  /** Column definitions besides the key, `state`, `created_at`, `updated_at`, `metadata` and `version`. */
  readonly columns: readonly string[];
  /** Columns that keep the value they were inserted with. */
  readonly fixed: readonly string[];
  /** Conditions of one row. `{terminal}` stands for the machine's terminal states. */
  readonly checks?: readonly string[];
  /** Conditions under which an update is refused, in terms of OLD and NEW, with what the refusal says. */
  readonly refusals?: readonly { readonly when: string; readonly says: string }[];
  /** What is indexed besides the key and `(state, updated_at)`: columns, with a WHERE for a part of the rows. */
  readonly indexes?: readonly { readonly on: string; readonly where?: string }[];
}

/** A column that holds a list as JSON. */
export const jsonList = (name: string): string =>
  `${name} TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(${name}) AND json_type(${name}) = 'array')`;

/** A column that holds 0 or 1. */
export const flag = (name: string): string => `${name} INTEGER NOT NULL DEFAULT 0 CHECK (${name} IN (0, 1))`;

const digits = (count: number): string => "[0-9]".repeat(count);
const isoPattern = `${digits(4)}-${digits(2)}-${digits(2)}T${digits(2)}:${digits(2)}:${digits(2)}.${digits(3)}Z`;

/** A column of ISO 8601 in UTC with milliseconds, or NULL. */
export const moment = (name: string): string => `${name} TEXT CHECK (${name} GLOB '${isoPattern}')`;

/** As `moment`, and never NULL. */
export const needed = (name: string): string => `${name} TEXT NOT NULL CHECK (${name} GLOB '${isoPattern}')`;
