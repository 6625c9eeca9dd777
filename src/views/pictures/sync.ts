import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/** Paths of generated files that are not as they should be: changed, missing, or there for no machine any more. */
export async function staleFiles(folder: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const stale = await leftovers(folder, files);
  for (const [name, text] of files) {
    if ((await textOf(path.join(folder, name))) !== text) {
      stale.push(name);
    }
  }
  return stale.sort();
}

/** Writes what is stale and removes what is left over. @returns the paths it touched */
export async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const stale = await staleFiles(folder, files);
  for (const name of stale) {
    const target = path.join(folder, name);
    const text = files.get(name);
    if (text === undefined) {
      await rm(target);
    } else {
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text);
    }
  }
  return stale;
}

const generated = new Set([".md", ".mmd", ".svg"]);

async function leftovers(folder: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile() && generated.has(path.extname(entry.name)))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .filter((name) => !files.has(name));
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch {
    return undefined;
  }
}
