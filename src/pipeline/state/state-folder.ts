import { constants } from "node:fs";
import { access, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { PawlError } from "../../base/errors/index.ts";
import { makeFolder } from "../../base/make-folder.ts";

/** Where a repository's runs are kept: `.state/` in its checkout, unless another folder is named. */
export interface StateFolder {
  readonly folder: string;
  readonly database: string;
  readonly logs: string;
  readonly worktrees: string;
  /** Requests of other processes to the one that works on a run. */
  readonly inbox: string;
}

/** The places in a state folder; nothing is made or looked at. */
export function stateFolderAt(repositoryRoot: string, named: string | undefined, cwd: string): StateFolder {
  const folder = named === undefined ? join(repositoryRoot, ".state") : resolve(cwd, named);
  return {
    folder,
    database: join(folder, "pipeline.db"),
    logs: join(folder, "logs"),
    worktrees: join(folder, "worktrees"),
    inbox: join(folder, "inbox"),
  };
}

const ownerFile = "repository";

/**
 * Makes the folder, or refuses one that belongs to another repository.
 * @throws PawlError STATE_FOLDER_UNUSABLE, STATE_OF_ANOTHER_REPOSITORY
 */
export async function claimStateFolder(state: StateFolder, repositoryRoot: string): Promise<void> {
  const file = join(state.folder, ownerFile);
  let owner: string;
  try {
    makeFolder(state.folder);
    await access(state.folder, constants.W_OK);
    const found = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") {
        throw cause;
      }
      return "";
    });
    // Nothing but the line break: a path may end in white space.
    owner = found.replace(/\n$/, "");
    // Empty is what a process that was killed while it wrote its first file leaves.
    if (owner === "") {
      await writeFile(file, `${repositoryRoot}\n`);
      owner = repositoryRoot;
    }
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new PawlError("STATE_FOLDER_UNUSABLE", { folder: state.folder, detail }, { cause });
  }
  if (owner !== repositoryRoot) {
    const values = { folder: state.folder, other: owner, repository: repositoryRoot, file };
    throw new PawlError("STATE_OF_ANOTHER_REPOSITORY", values);
  }
}
