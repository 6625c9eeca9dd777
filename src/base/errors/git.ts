import { defineErrors } from "./define.ts";

/** Git, the user's repository and Pawl's branches in it. */
export const gitErrors = defineErrors({
  GIT_MISSING: {
    exit: 1,
    http: 500,
    message: "git was not found on the PATH",
    fix: "Install git {needed} or newer, or add its folder to PATH.",
  },
  GIT_TOO_OLD: {
    exit: 1,
    http: 500,
    message: "git {found} is too old: Pawl needs {needed} or newer",
    fix: "Install git {needed} or newer; `git --version` shows which one is found first on the PATH.",
  },
  GIT_FAILED: {
    exit: 1,
    http: 500,
    message: "git {command} failed in {folder} (exit {exit}): {detail}",
    fix: "Run it there by hand to see more. Every git step can be repeated: mend the cause, then ask again; a run that stopped goes on with pawl resume.",
  },
  GIT_FILTER_FAILED: {
    exit: 1,
    http: 500,
    message:
      "git {command} failed in {folder}: the filter {filter}, which .gitattributes asks for and the configuration requires, did not do its work: {detail}",
    fix: 'Install what it runs (git config --get-regexp "^filter" shows that; git-lfs for lfs) where it is on the PATH of pawl, then ask again; a run that stopped goes on with pawl resume.',
  },
  GIT_OUTPUT_TOO_LARGE: {
    exit: 1,
    http: 500,
    message: "git {command} printed more than {limitBytes} bytes",
    fix: "Keep generated or very large files out of what the task changes, with .gitignore or git lfs.",
  },
  NOT_A_REPOSITORY: {
    exit: 1,
    http: 400,
    message: "{folder} is not in the working tree of a git repository",
    fix: "Change into a checkout, or make one here: git init, then commit something.",
  },
  REPOSITORY_NOT_TRUSTED: {
    exit: 1,
    http: 400,
    message: "git does not trust {folder}: it belongs to another user",
    fix: "If you trust it: git config --global --add safe.directory {quoted}",
  },
  REPOSITORY_BARE: {
    exit: 1,
    http: 400,
    message: "{folder} is a bare repository, without a checkout",
    fix: "Clone it, and run Pawl in the clone.",
  },
  REPOSITORY_EMPTY: {
    exit: 1,
    http: 400,
    message: "{folder} has no commits, so there is nothing to start from",
    fix: "Make a first commit: git add . && git commit -m start",
  },
  REPOSITORY_SHALLOW: {
    exit: 1,
    http: 400,
    message: "{folder} is a shallow clone: its history is cut off, and merges need it",
    fix: "Fetch the rest: git fetch --unshallow (in GitHub Actions: fetch-depth: 0).",
  },
  REPOSITORY_HAS_SUBMODULES: {
    exit: 1,
    http: 400,
    message: "{base} has {count} submodules ({path} first), which Pawl cannot carry through patches and merges",
    fix: "Start from a base without submodules, or run Pawl in the submodule itself.",
  },
  NESTED_REPOSITORY: {
    exit: 1,
    http: 400,
    message: "{path} is a git repository of its own inside the tree, whose files a patch cannot carry",
    fix: "Let the task remove {path}/.git, work outside the tree, or put {path} into .gitignore.",
  },
  FILE_UNREADABLE: {
    exit: 1,
    http: 400,
    message: "{path} cannot be read ({detail}), so that what the task did there would be lost",
    fix: "Let the task leave it readable for the user who runs Pawl, or put {path} into .gitignore.",
  },
  BASE_UNKNOWN: {
    exit: 65,
    http: 400,
    message: 'base "{base}" is no branch, tag or commit of {folder}',
    fix: "Nearest names there: {nearest}. A branch that is only on the server has to be fetched first.",
  },
  BRANCH_EXISTS: {
    exit: 1,
    http: 409,
    message: "branch {branch} cannot be made: {blocker} exists already, at {found}, and was not made by this run",
    fix: "Rename it (git branch -m {blocker} NEW-NAME) or delete it, then start again.",
  },
  BRANCH_MOVED: {
    exit: 1,
    http: 409,
    message: "branch {branch} is at {found}, expected was {expected}: somebody else moved or deleted it",
    fix: "Put it back (git branch -f {branch} {expected}), then go on with pawl resume, or begin anew where the run has ended.",
  },
  BRANCH_OF_ANOTHER_RUN: {
    exit: 1,
    http: 409,
    message: "branch {branch}, at {found}, is not that of run {run}: a run of the same name in another store made it",
    fix: "Ask there for it (pawl merge --state DIR), or merge what it holds with git merge {branch}.",
  },
  RUN_BRANCH_MISSING: {
    exit: 1,
    http: 409,
    message: "branch {branch}, which holds the result of run {run}, is not there: somebody deleted it",
    fix: 'If it was merged before, nothing is lost: git log --grep "Pawl-Run: {run}" shows its commits. Else git fsck --no-reflogs --lost-found may find its last one.',
  },
  BRANCH_CHECKED_OUT: {
    exit: 1,
    http: 409,
    message: "branch {branch} is checked out in {folder}, so moving it would make that checkout look changed",
    fix: "Leave the branch there (git switch --detach), then go on with pawl resume, or begin anew where the run has ended.",
  },
  MERGE_CONFLICT: {
    exit: 1,
    http: 409,
    message: "{from} does not merge into {into}: {conflicts}, in {paths}",
    fix: "Change {from} so that it fits, or merge by hand: git switch {into} && git merge {from}",
  },
  MERGE_UNRELATED: {
    exit: 1,
    http: 409,
    message:
      "{from} does not merge into {into}: they have no commit in common, for the history of one was written anew",
    fix: 'Take its commits over one by one: git log --reverse --no-merges --grep "Pawl-Run: {run}" {from} shows them, git cherry-pick COMMIT takes one.',
  },
  MERGE_NEEDS_BRANCH: {
    exit: 1,
    http: 400,
    message: '"{base}" is no local branch of {folder}, so nothing can be merged into it',
    fix: "Name a branch of the repository with --into BRANCH; git branch lists them.",
  },
  CHECKOUT_IN_THE_WAY: {
    exit: 1,
    http: 409,
    message: "{branch} is checked out in {folder}, and git will not move it there: {detail}",
    fix: "{remedy}, then ask again. Nothing was changed.",
  },
});
