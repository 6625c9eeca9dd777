import type { Repository, Sha } from "../repository.ts";

/**
 * The modes of what may be a symlink or a submodule in the tree of a commit: of those `folders` that are no folders
 * there, and of `files`. One question each to a git that runs anyway; a process only where there is something to say.
 */
export async function treeModes(
  repository: Repository,
  commit: Sha,
  folders: Iterable<string>,
  files: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const asked = await Promise.all(
    [...folders].map(async (folder) => {
      const object = await repository.object(`${commit}:${folder}`);
      return object?.type === "blob" || folder.includes("\n") ? folder : null;
    }),
  );
  const doubtful = [...asked.filter((folder) => folder !== null), ...files];
  const modes = new Map<string, string>();
  if (doubtful.length === 0) {
    return modes;
  }
  const { stdout } = await repository.git(["ls-tree", "-r", "-z", "--full-tree", commit]);
  const wanted = new Set(doubtful);
  for (const entry of stdout.toString().split("\0")) {
    const path = entry.slice(entry.indexOf("\t") + 1);
    if (wanted.has(path)) {
      modes.set(path, entry.slice(0, 6));
    }
  }
  return modes;
}
