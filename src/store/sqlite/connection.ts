import type { Durability } from "../port.ts";
import { Database } from "./driver.ts";
import { logPages } from "./log-space.ts";

/** A connection that may write. */
export function openConnection(file: string, durability: Durability): Database {
  const db = new Database(file, { timeout: 5_000 });
  try {
    db.pragma("journal_mode = WAL");
    db.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
    db.pragma("foreign_keys = ON");
    db.pragma("cache_size = -16000");
    db.pragma(`wal_autocheckpoint = ${logPages}`);
    return db;
  } catch (error) {
    // Its lock would keep out this process too, once the file has been mended.
    db.close();
    throw error;
  }
}
