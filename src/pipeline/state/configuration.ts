import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { PawlError } from "../../base/errors/index.ts";

const shape = z.strictObject({
  /** Who may override machines and cancel runs; everybody where it is left out. */
  operators: z.array(z.string().min(1)).optional(),
});

/** What `.pawl.yaml` at the top of a repository says. */
export type Configuration = z.infer<typeof shape>;

/**
 * Reads the configuration of a repository; empty where it has none.
 * @throws PawlError CONFIGURATION_INVALID
 */
export async function readConfiguration(repositoryRoot: string): Promise<Configuration> {
  const file = join(repositoryRoot, ".pawl.yaml");
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") {
      return undefined;
    }
    throw new PawlError("CONFIGURATION_INVALID", { file, detail: cause.message }, { cause });
  });
  if (text === undefined) {
    return {};
  }
  try {
    return shape.parse(parse(text) ?? {});
  } catch (cause) {
    const detail =
      cause instanceof z.ZodError
        ? cause.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`).join("; ")
        : String(cause);
    throw new PawlError("CONFIGURATION_INVALID", { file, detail }, { cause });
  }
}
