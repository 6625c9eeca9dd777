import type { Database } from "better-sqlite3";
import type { ActorFilter, ActorRow, ListedRow } from "../port.ts";
import { tagText } from "../tags.ts";

export const actorColumns = `no, id, parent_no AS parentNo, root_no AS rootNo, key, src, machine, version, fingerprint,
  system_id AS systemId, sync_snapshot AS syncSnapshot, snapshot, status, state, tags, live, asleep`;

export type RawActorRow = Omit<ActorRow, "syncSnapshot" | "live" | "asleep"> & {
  readonly syncSnapshot: number;
  readonly live: number;
  readonly asleep: number;
};

export function actorRow(raw: RawActorRow): ActorRow {
  // In place: ten thousand of them are read at a start.
  return Object.assign(raw as never, {
    syncSnapshot: raw.syncSnapshot === 1,
    live: raw.live === 1,
    asleep: raw.asleep === 1,
  });
}

const listedColumns = "no, id, parent_no AS parentNo, machine, version, status, state, tags, asleep";

type RawListedRow = Omit<ListedRow, "asleep"> & { readonly asleep: number };

export function listActors(db: Database, filter: ActorFilter): ListedRow[] {
  const where = ["live = 1"];
  const values: string[] = [];
  if (filter.machine !== undefined) {
    where.push("machine = ?");
    values.push(filter.machine);
  }
  if (filter.status !== undefined) {
    where.push("status = ?");
    values.push(filter.status);
  }
  if (filter.tag !== undefined) {
    where.push("instr(tags, ?) > 0");
    values.push(` ${tagText(filter.tag)} `);
  }
  if (filter.rootsOnly === true) {
    where.push("parent_no IS NULL");
  }
  if (filter.root !== undefined) {
    where.push("root_no = (SELECT no FROM actors WHERE id = ? AND live = 1)");
    values.push(filter.root);
  }
  if (filter.state !== undefined) {
    // One of the leaves, or what such a leaf is below. To look for it here would be to read all that ever ended.
    where.push("(instr(',' || state || ',', ?) > 0 OR instr(',' || state, ?) > 0)");
    values.push(`,${filter.state},`, `,${filter.state}.`);
  }
  // By itself SQLite reads all actors there ever were, because they are in order.
  const from = filter.rootsOnly === true ? "actors INDEXED BY actors_roots" : "actors";
  return db
    .prepare<string[], RawListedRow>(`SELECT ${listedColumns} FROM ${from} WHERE ${where.join(" AND ")} ORDER BY no`)
    .all(...values)
    .map((row) => Object.assign(row as never, { asleep: row.asleep === 1 }));
}
