import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder that somebody named, and those that it lies in. Node's own way of doing so never returns where a file
 * system makes no folders and says ENOENT, as `/proc` does.
 * @throws the system's error, with the path it is about
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(folder).isDirectory()) {
      return;
    }
    if (code !== "ENOENT" || existsSync(dirname(folder))) {
      throw error;
    }
    makeFolder(dirname(folder));
    makeFolder(folder);
  }
}
