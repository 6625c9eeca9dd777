import module from "node:module";
import type BetterSqlite3 from "better-sqlite3";

/*
 * Two versions, of which one runs: 13 ends a process of Node 20, and npm does not even install it there; 12 ends one of
 * Node 24.19 and later when it collects a statement (nodejs/node#65446).
 */
export const driverName = Number.parseInt(process.versions.node, 10) < 22 ? "better-sqlite3" : "better-sqlite3-13";

/** A connection to SQLite. Whoever opens one takes it from here, and from no package. */
export const Database: typeof BetterSqlite3 = driver();
export type Database = BetterSqlite3.Database;

function driver(): typeof BetterSqlite3 {
  try {
    // A bundler that sees an imported `createRequire` puts a function in its place that knows neither package.
    return module.createRequire(import.meta.url)(driverName);
  } catch (error) {
    // An install may leave it out. Who opens a store is told; what needs none works.
    return class {
      constructor() {
        throw error;
      }
    } as never;
  }
}
