import module from "node:module";
import type BetterSqlite3 from "better-sqlite3";
import { PawlError } from "../../base/errors/index.ts";

/*
 * Two versions, of which one runs: 13 ends a process of Node 20, and npm does not even install it there; 12 ends one of
 * Node 24.19 and later when it collects a statement (nodejs/node#65446).
 */
const driverOf = (node: string): string => (Number.parseInt(node, 10) < 22 ? "better-sqlite3" : "better-sqlite3-13");

/**
 * Loads what opens stores. It is of one Node: after a change of that it may be missing, or compiled for the other one.
 * @throws PawlError STORE_DRIVER_UNFIT
 */
export function loadDriver(require: (name: string) => unknown, node: string): typeof BetterSqlite3 {
  const name = driverOf(node);
  try {
    const driver = require(name) as typeof BetterSqlite3;
    // What is compiled is loaded with the first one.
    new driver(":memory:").close();
    return driver;
  } catch (cause) {
    const [said = ""] = (cause as Error).message.split(/\nRequire stack|\n *→/);
    throw new PawlError("STORE_DRIVER_UNFIT", { name, node, detail: said.replaceAll("\n", " ") }, { cause });
  }
}

/** A connection to SQLite. Whoever opens one takes it from here, and from no package. */
export const Database: typeof BetterSqlite3 = loadDriver(
  // A bundler that sees an imported `createRequire` puts a function in its place that knows neither package.
  module.createRequire(import.meta.url),
  process.versions.node,
);
export type Database = BetterSqlite3.Database;
