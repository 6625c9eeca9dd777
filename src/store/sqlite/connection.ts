import Database from "better-sqlite3";
import { logPages } from "./log-space.ts";

/**
 * What a commit survives. `full`: power loss, each commit is synced (SQLite synchronous=FULL). `normal`: a crash of
 * the process or `kill -9`; a power cut may take the last commits with it, never the file's integrity.
 */
export type Durability = "full" | "normal";

/** A connection that may write. */
export function openConnection(file: string, durability: Durability): Database.Database {
  const db = new Database(file, { timeout: 5_000 });
  db.pragma("journal_mode = WAL");
  db.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
  db.pragma("foreign_keys = ON");
  db.pragma("cache_size = -16000");
  db.pragma(`wal_autocheckpoint = ${logPages}`);
  return db;
}
