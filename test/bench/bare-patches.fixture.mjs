// The bare script: each lane has a worktree, and applies and commits its patches one after the other.
import { execFile } from "node:child_process";
import { join } from "node:path";

const [count, lanes] = process.argv.slice(2).map(Number);
const root = process.cwd();
const git = (cwd, ...args) =>
  new Promise((resolve, reject) =>
    execFile("git", args, { cwd }, (error, stdout) => (error === null ? resolve(stdout.trim()) : reject(error))),
  );
const folders = Array.from({ length: lanes }, (_, lane) => join(root, ".lanes", String(lane)));
for (const folder of folders) {
  // One after the other: git reads the list of worktrees while it adds one, and fails where another is half made.
  await git(root, "worktree", "add", "--quiet", "--detach", folder, "main");
}
await Promise.all(
  folders.map(async (folder, lane) => {
    let parent = await git(folder, "rev-parse", "HEAD");
    for (let index = lane; index < count; index += lanes) {
      await git(folder, "apply", "--index", join(root, "patches", `${index}.patch`));
      const tree = await git(folder, "write-tree");
      const commit = await git(folder, "commit-tree", tree, "-p", parent, "-m", `patch ${index}`);
      await git(folder, "update-ref", `refs/heads/lane-${lane}`, commit);
      parent = commit;
    }
  }),
);
