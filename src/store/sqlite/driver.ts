import { createRequire } from "node:module";
import type BetterSqlite3 from "better-sqlite3";

/*
 * Two versions, of which one runs: 13 ends a process of Node 20, and npm does not even install it there; 12 ends one of
 * Node 24.19 and later when it collects a statement (nodejs/node#65446).
 */
const name = Number.parseInt(process.versions.node, 10) < 22 ? "better-sqlite3" : "better-sqlite3-13";

/** A connection to SQLite. Whoever opens one takes it from here, and from no package. */
export const Database: typeof BetterSqlite3 = createRequire(import.meta.url)(name);
export type Database = BetterSqlite3.Database;
