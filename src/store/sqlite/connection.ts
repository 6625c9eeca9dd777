import type { Durability } from "../port.ts";
import { Database } from "./driver.ts";
import { logPages, roomInLog } from "./log-space.ts";

/**
 * A connection that may write.
 *
 * @param refuse looks at the file before anything of it is changed, its kind of journal above all
 */
export function openConnection(file: string, durability: Durability, refuse?: (db: Database) => void): Database {
  const db = new Database(file, { timeout: 5_000 });
  try {
    refuse?.(db);
    db.pragma("journal_mode = WAL");
    db.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
    db.pragma("foreign_keys = ON");
    db.pragma("cache_size = -16000");
    db.pragma(`wal_autocheckpoint = ${logPages}`);
    // While somebody reads for long, as a backup does, the log only grows: then it gives its place back.
    db.pragma(`journal_size_limit = ${roomInLog(db)}`);
    return db;
  } catch (error) {
    // Its lock would keep out this process too, once the file has been mended.
    db.close();
    throw error;
  }
}
