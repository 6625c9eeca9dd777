import { createHash } from "node:crypto";

/** The files of a commit: mode and blob by path. */
export type Tree = ReadonlyMap<string, string>;

export const kinds = [
  "own",
  "binary",
  "shared",
  "remove",
  "rename",
  "mode",
  "bad",
  "commits",
  "ignored",
  "cleans",
] as const;

/** One thing that a task does in its worktree; `k` says to which of the base's files. */
export interface Step {
  readonly kind: (typeof kinds)[number];
  readonly k: number;
}

export const filesOfAKind = 5;

/** A file as a tree has it. Each character of `text` is one byte. */
function entry(text: string, mode = "100644"): string {
  const content = Buffer.from(text, "latin1");
  return `${mode} ${createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex")}`;
}

export const baseFiles: Readonly<Record<string, string>> = {
  ".gitignore": ".cache/\n.out/\n",
  "base.txt": "base\n",
  ...Object.fromEntries(
    Array.from({ length: filesOfAKind }, (_, k) => [
      [`shared/${k}.txt`, "base\n"],
      [`old/${k}.txt`, Array.from({ length: 12 }, (__, n) => `line ${n} of ${k}\n`).join("")],
      [`mode/${k}.txt`, `mode ${k}\n`],
    ]).flat() as [string, string][],
  ),
};

interface Deed {
  readonly shell: string;
  /** Paths that it may change. */
  readonly paths: readonly string[];
  /** The same, done to a tree. */
  readonly apply: (tree: Map<string, string>) => void;
}

/** What a step is, as a shell does it and as a tree has it afterwards. */
function deedOf({ kind, k }: Step, task: string): Deed {
  const writes = (path: string, text: string, shell: string): Deed => ({
    shell: `mkdir -p own; ${shell} > ${path}`,
    paths: [path],
    apply: (tree) => void tree.set(path, entry(text)),
  });
  const old = `old/${k}.txt`;
  const nothing = { paths: [], apply: () => undefined };
  switch (kind) {
    case "own":
      return writes(`own/${task}.txt`, `one\ntwo\n${task}\n`, `printf 'one\\ntwo\\n${task}\\n'`);
    case "binary":
      return writes(`own/${task}.bin`, `\0\x01\xff${task}\0`, `printf '\\000\\001\\377${task}\\000'`);
    case "shared":
      return writes(`shared/${k}.txt`, `${task}\n`, `echo '${task}'`);
    case "bad":
      return writes("bad", `${task}\n`, `echo '${task}'`);
    case "commits": {
      const { shell, ...rest } = writes(`own/${task}.mine`, "mine\n", "echo mine");
      const commit = "git -c user.name=X -c user.email=x@x.test commit --quiet --allow-empty --message 'by itself'";
      return { ...rest, shell: `${shell}; git add --all; ${commit}` };
    }
    case "remove":
      return { shell: `rm -f ${old}`, paths: [old], apply: (tree) => void tree.delete(old) };
    case "rename": {
      const now = `own/${task}-was-${k}.txt`;
      const apply = (tree: Map<string, string>): void => {
        const moved = tree.get(old);
        if (moved !== undefined) {
          tree.set(now, moved);
          tree.delete(old);
        }
      };
      return { shell: `mkdir -p own; if [ -e ${old} ]; then mv ${old} ${now}; fi`, paths: [old, now], apply };
    }
    case "mode": {
      const path = `mode/${k}.txt`;
      const apply = (tree: Map<string, string>): void => {
        tree.set(path, entry(`mode ${k}\n`, "100755"));
      };
      return { shell: `chmod 755 ${path}`, paths: [path], apply };
    }
    case "ignored":
      return { shell: "mkdir -p .out; echo x > .out/x", ...nothing };
    case "cleans":
      return { shell: "rm -rf .cache", ...nothing };
  }
}

interface Doer {
  readonly name: string;
  readonly steps: readonly Step[];
}

export const shellOf = ({ name, steps }: Doer): string => steps.map((step) => deedOf(step, name).shell).join("\n");
export const pathsOf = ({ name, steps }: Doer): string[] => steps.flatMap((step) => deedOf(step, name).paths);

/** What a task makes of a tree. */
export function treeAfter({ name, steps }: Doer, tree: Tree): Tree {
  const made = new Map(tree);
  for (const step of steps) {
    deedOf(step, name).apply(made);
  }
  return made;
}

/** Whether it changes something, whatever was done before. */
export const surelyChanges = ({ steps }: Doer): boolean =>
  steps.some(({ kind }) => ["own", "binary", "bad", "commits"].includes(kind));

export const linesOf = (tree: Tree): string =>
  [...tree]
    .map(([path, what]) => `${path} ${what}`)
    .sort()
    .join("\n");
