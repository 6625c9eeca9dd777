import picomatch from "picomatch";
import { PawlError } from "../../../base/errors/index.ts";
import type { Repository, Sha } from "../repository.ts";
import { parsePatch } from "./parse.ts";
import type { FileChange, Patch } from "./patch.ts";
import { foldersOf, linkFault, pathFault } from "./paths.ts";
import { treeModes } from "./tree-modes.ts";

/** What a patch may do. */
export interface PatchRules {
  /** Globs of the files it may change, `!` in front for those it may not; everything when left out. */
  readonly scope?: readonly string[] | undefined;
  readonly limits?:
    | {
        /** Added and removed lines together. */
        readonly lines?: number | undefined;
        /** Size of the patch itself. */
        readonly bytes?: number | undefined;
      }
    | undefined;
  /** The commit it is to be applied to. */
  readonly tip: Sha;
}

/** One thing that is wrong with a patch. */
export interface PatchFinding {
  readonly rule: string;
  /** The file of the patch it is about; null for the patch as a whole. */
  readonly file: string | null;
  /** One sentence with file and values in it. */
  readonly message: string;
}

/** `passed` is null where an earlier check failed and this one could not be made. */
export interface PatchCheck {
  readonly passed: boolean | null;
  readonly findings: readonly PatchFinding[];
}

/** The three checks of the patch ledger before a patch is applied. §2.2 */
export interface PatchInspection {
  /** Null when the format check failed. */
  readonly patch: Patch | null;
  readonly format: PatchCheck;
  readonly scope: PatchCheck;
  readonly constraints: PatchCheck;
  /** All findings in one text, to quarantine with; null when all three passed. */
  readonly reason: string | null;
}

const findingsKept = 20;

/**
 * Checks format, scope and constraints of a patch. Nothing is applied.
 *
 * @param name what messages call the patch: a file name or the id of a ledger entry
 */
export async function inspectPatch(
  repository: Repository,
  bytes: Buffer,
  name: string,
  rules: PatchRules,
): Promise<PatchInspection> {
  const unchecked: PatchCheck = { passed: null, findings: [] };
  const tooLong = byteFinding(bytes, rules);
  if (tooLong !== null) {
    // Not read at all: reading a patch takes several times its size in memory.
    return conclude(null, unchecked, unchecked, check([tooLong]));
  }
  let patch: Patch;
  try {
    patch = parsePatch(bytes, name);
  } catch (cause) {
    if (cause instanceof PawlError && cause.code.startsWith("PATCH_")) {
      return conclude(null, check([{ rule: "format", file: null, message: cause.message }]), unchecked, unchecked);
    }
    throw cause;
  }
  const constraints = await constraintFindings(repository, patch, rules);
  return conclude(patch, check([]), check(scopeFindings(patch, rules.scope)), check(constraints));
}

function conclude(
  patch: Patch | null,
  format: PatchCheck,
  scope: PatchCheck,
  constraints: PatchCheck,
): PatchInspection {
  const findings = [format, scope, constraints].flatMap((part) => part.findings);
  const reason = findings.length === 0 ? null : findings.map(({ message }) => message).join("; ");
  return { patch, format, scope, constraints, reason };
}

function check(findings: readonly PatchFinding[]): PatchCheck {
  const kept = findings.slice(0, findingsKept);
  if (findings.length > findingsKept) {
    kept.push({ rule: "more", file: null, message: `and ${findings.length - findingsKept} more` });
  }
  return { passed: findings.length === 0, findings: kept };
}

function byteFinding(bytes: Buffer, { limits }: PatchRules): PatchFinding | null {
  if (limits?.bytes === undefined || bytes.length <= limits.bytes) {
    return null;
  }
  return {
    rule: "limits.bytes",
    file: null,
    message: `the patch has ${bytes.length} bytes, allowed are ${limits.bytes}`,
  };
}

function scopeFindings(patch: Patch, scope: readonly string[] | undefined): PatchFinding[] {
  if (scope === undefined) {
    return [];
  }
  const matcher = (globs: readonly string[]) =>
    picomatch(
      globs.map((glob) => glob.replace(/\/$/, "/**")),
      // `s`: a line break is a letter of a name as any other. `posix`: [!a] is any letter but a, as a shell has it.
      { dot: true, windows: false, nonegate: true, flags: "s", posix: true },
    );
  const wanted = matcher(scope.filter((glob) => !glob.startsWith("!")));
  const unwanted = matcher(scope.filter((glob) => glob.startsWith("!")).map((glob) => glob.slice(1)));
  return changedPaths(patch)
    .filter((path) => !wanted(path) || unwanted(path))
    .map((file) => ({
      rule: "scope",
      file,
      message: `${file} is outside the scope of the task (${scope.join(", ") || "nothing"})`,
    }));
}

async function constraintFindings(repository: Repository, patch: Patch, rules: PatchRules): Promise<PatchFinding[]> {
  const findings: PatchFinding[] = [];
  const lines = patch.added + patch.removed;
  if (rules.limits?.lines !== undefined && lines > rules.limits.lines) {
    const message = `the patch changes ${lines} lines, allowed are ${rules.limits.lines}`;
    findings.push({ rule: "limits.lines", file: null, message });
  }
  for (const file of allPaths(patch)) {
    const fault = pathFault(file) ?? ownFolderFault(repository, file);
    if (fault !== null) {
      findings.push({ rule: fault.rule, file, message: `${file} ${fault.message}` });
    }
  }
  for (const change of patch.files) {
    findings.push(...fileFindings(change));
  }
  return findings.length > 0 ? findings : await treeFindings(repository, patch, rules.tip);
}

function ownFolderFault(repository: Repository, path: string): { rule: string; message: string } | null {
  const folder = repository.ownFolders.find((own) => path === own || path.startsWith(`${own}/`));
  return folder === undefined ? null : { rule: "own_folder", message: `lies in ${folder}, where Pawl keeps its state` };
}

function fileFindings(change: FileChange): PatchFinding[] {
  const file = change.newPath ?? change.oldPath ?? "";
  if (change.oldMode === "160000" || change.newMode === "160000") {
    const message = `${file} is a submodule, or a git repository inside the tree, which a patch cannot carry`;
    return [{ rule: "submodule", file, message }];
  }
  const fault = change.linkTarget === null ? null : linkFault(file, change.linkTarget);
  return fault === null ? [] : [{ rule: "symlink", file, message: `${file} is a symlink that ${fault}` }];
}

/** What only the tree can tell: symlinks in the way, and files whose mode the patch does not state. */
async function treeFindings(repository: Repository, patch: Patch, tip: Sha): Promise<PatchFinding[]> {
  const findings: PatchFinding[] = [];
  const folders = new Set(allPaths(patch).flatMap(foldersOf));
  const unstated = patch.files.filter((change) => change.oldPath !== null && change.oldMode === null);
  const modes = await treeModes(
    repository,
    tip,
    folders,
    unstated.map((change) => change.oldPath ?? ""),
  );
  const goingAway = new Set(patch.files.filter(({ status }) => status === "deleted").map(({ oldPath }) => oldPath));
  const made = new Set(patch.files.filter(({ newMode }) => newMode === "120000").map(({ newPath }) => newPath));
  // Git takes away before it makes: a file may make room for a symlink in the place of its folder.
  const written = new Set(patch.files.map(({ newPath }) => newPath));
  for (const file of allPaths(patch)) {
    const link = foldersOf(file).find(
      (folder) => (written.has(file) && made.has(folder)) || (modes.get(folder) === "120000" && !goingAway.has(folder)),
    );
    if (link !== undefined) {
      findings.push({ rule: "symlink", file, message: `${file} goes through ${link}, which is a symlink` });
    }
  }
  for (const { oldPath } of unstated) {
    const mode = modes.get(oldPath ?? "");
    if (oldPath !== null && (mode === "120000" || mode === "160000")) {
      const message = `${oldPath} is a symlink or submodule, and the patch does not say so`;
      findings.push({ rule: "symlink", file: oldPath, message });
    }
  }
  return findings;
}

/** Paths whose file the patch changes; the source of a copy is only read. */
function changedPaths(patch: Patch): string[] {
  return unique(patch.files.flatMap(({ status, oldPath, newPath }) => [status === "copied" ? null : oldPath, newPath]));
}

function allPaths(patch: Patch): string[] {
  return unique(patch.files.flatMap(({ oldPath, newPath }) => [oldPath, newPath]));
}

function unique(paths: readonly (string | null)[]): string[] {
  return [...new Set(paths.filter((path) => path !== null))];
}
