/** Code points that file systems of macOS pass over, so that `.g\u200cit` is `.git` there. */
const ignoredByMac = /\u200c|\u200d|\u200e|\u200f|[\u202a-\u202e]|[\u206a-\u206f]|\ufeff/g;

/** What is wrong with a path of a patch wherever it is applied, or null. */
export function pathFault(path: string): { readonly rule: string; readonly message: string } | null {
  if (path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path)) {
    return { rule: "inside_tree", message: "is an absolute path" };
  }
  const parts = path.split(/[/\\]/);
  if (parts.some((part) => part === ".." || part === ".")) {
    return { rule: "inside_tree", message: 'has "." or ".." in it, which may lead out of the tree' };
  }
  // A backslash at the end of a name or twice in it is one of its letters where it does not separate folders.
  if (path.split("/").includes("")) {
    return { rule: "inside_tree", message: "has an empty part" };
  }
  return parts.some(isGitFolder) ? { rule: "git_folder", message: "lies in a .git folder" } : null;
}

/** `.git` as any file system reads it: other case, trailing dots and spaces, streams, the short name of Windows. */
function isGitFolder(part: string): boolean {
  const plain = part
    .replace(ignoredByMac, "")
    .toLowerCase()
    .replace(/:.*$/, "")
    .replace(/[. ]+$/, "");
  return plain === ".git" || /^git~\d+$/.test(plain);
}

/**
 * What is wrong with where a symlink points, or null. `..` is allowed only at its front: behind a part that is itself
 * a symlink it would lead elsewhere than it looks.
 */
export function linkFault(path: string, target: string): string | null {
  const quoted = JSON.stringify(target);
  if (target === "" || target.startsWith("/") || /^[A-Za-z]:[\\/]/.test(target)) {
    return `points to ${quoted}, which is outside the tree`;
  }
  const parts = target.split(/[/\\]/).filter((part) => part !== "." && part !== "");
  const up = parts.findIndex((part) => part !== "..");
  const front = up < 0 ? parts.length : up;
  if (front > path.split("/").length - 1 || parts.slice(front).includes("..")) {
    return `points to ${quoted}, which leads out of the tree`;
  }
  return parts.some(isGitFolder) ? `points to ${quoted}, which lies in a .git folder` : null;
}

/** The folders a path lies in, from the top: `a/b/c` → `a`, `a/b`. */
export function foldersOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
