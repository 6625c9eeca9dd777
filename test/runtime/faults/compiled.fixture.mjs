// The compiled runtime and store, for programs that run in a process of their own.
import { join } from "node:path";

const built = join(import.meta.dirname, "..", "..", "..", "dist", "src");
export const { openRuntime } = await import(join(built, "runtime", "index.js"));
export const { openSqlite } = await import(join(built, "store", "sqlite", "open.js"));
export const { Database } = await import(join(built, "store", "sqlite", "driver.js"));
