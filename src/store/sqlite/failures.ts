import { PawlError } from "../../base/errors/index.ts";
import { driverName } from "./driver.ts";

/** Of the file system: what stands at the place, or who may write there, is in the way. */
const unwritable: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "EEXIST", "EISDIR"]);

/** No room for the index of the journal, which each connection needs, one that only reads too. */
export const noIndexSpace = "SQLITE_IOERR_SHMSIZE";

/** Turns an error of SQLite or the file system into one of the error table; others pass unchanged. */
export function storeFailure(error: unknown, file: string, action: string): unknown {
  if (error instanceof PawlError || !(error instanceof Error)) {
    return error;
  }
  const code = (error as { code?: unknown }).code;
  if (isNotLoaded(error, code)) {
    // Who looked for the native part in vain lists where.
    const detail = "tries" in error ? error.message.replace(/\n.*/s, "") : error.message.replaceAll("\n", " ");
    return new PawlError("SQLITE_UNAVAILABLE", { driver: driverName, detail }, { cause: error });
  }
  if (typeof code !== "string") {
    return error;
  }
  const detail = `${error.message} (${code})`;
  const extras = { cause: error };
  if (code === "SQLITE_NOTADB") {
    return new PawlError("STORE_NOT_A_DATABASE", { file, detail }, extras);
  }
  if (code.startsWith("SQLITE_CORRUPT") || error.message === "unsupported file format") {
    return new PawlError("STORE_DAMAGED", { file, detail }, extras);
  }
  if (code === "SQLITE_READONLY_DBMOVED") {
    return new PawlError("STORE_MOVED", { file, detail }, extras);
  }
  if (code === "SQLITE_FULL" || code === noIndexSpace || code === "ENOSPC") {
    return new PawlError("STORE_FULL", { file, detail }, extras);
  }
  if (code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN") || unwritable.has(code)) {
    return new PawlError("STORE_READ_ONLY", { file, detail }, extras);
  }
  if (code.startsWith("SQLITE_BUSY")) {
    return new PawlError("STORE_LOCKED", { file, detail }, extras);
  }
  if (code === "EIO" || code.startsWith("SQLITE_IOERR") || code.startsWith("SQLITE_PROTOCOL")) {
    return new PawlError("STORE_FAILED", { file, action, detail }, extras);
  }
  return error;
}

/** Of the package or its native part: it was left out, not compiled, or compiled for another Node. */
function isNotLoaded(error: Error, code: unknown): boolean {
  return code === "MODULE_NOT_FOUND" || code === "ERR_DLOPEN_FAILED" || "tries" in error;
}
