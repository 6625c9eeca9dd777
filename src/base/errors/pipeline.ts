import { defineErrors } from "./define.ts";

/** Runs of a plan, and the state folder they are kept in. */
export const pipelineErrors = defineErrors({
  RUN_UNKNOWN: {
    exit: 2,
    http: 404,
    message: 'there is no run "{run}" in {folder}',
    fix: "Runs there: {known}.",
  },
  RUN_UNFINISHED: {
    exit: 75,
    http: 409,
    message: "run {run} has not ended: it is {state}",
    fix: "Go on with it (pawl resume {run}) or end it (pawl cancel {run}) first.",
  },
  RUN_ENDED: {
    exit: 2,
    http: 409,
    message: "run {run} has ended already: {state}",
    fix: "pawl status {run} shows how; a new run is started with pawl run.",
  },
  RUN_OF_ANOTHER_BUILD: {
    exit: 1,
    http: 409,
    message: "run {run} was begun by another build of Pawl, whose machines do not fit this one's: {list}",
    fix: "{remedy}. Nothing was changed.",
  },
  RUN_AHEAD_OF_STORE: {
    exit: 1,
    http: 409,
    message:
      "branch {branch} holds workstream {workstream} of run {run}, merged in {commit}, and the store knows nothing of it: an older copy was put back",
    fix: "To go on would do it once more. Put the newer state folder back, or end the run (pawl cancel {run}) and merge what the branch holds (pawl merge {run} --force), or take that away (git branch -f {branch} {before}) and go on.",
  },
  RUN_EXISTS: {
    exit: 2,
    http: 409,
    message: "there is a run {run} already, {state}",
    fix: "Choose another name with --id; pawl status {run} shows that one.",
  },
  RUN_NAME: {
    exit: 2,
    http: 400,
    message: 'a run cannot be called "{run}"',
    fix: "Use 1 to 60 letters, digits, - and _, beginning with a letter or digit.",
  },
  RUN_NOT_SUCCEEDED: {
    exit: 1,
    http: 409,
    message: "run {run} is {state}, so its branch is not merged",
    fix: "pawl show {run} says why. What is in the branch {branch} can be merged by hand, or with --force.",
  },
  NO_RUNS: {
    exit: 2,
    http: 404,
    message: "there are no runs in {folder}",
    fix: "Start one: pawl run plan.yaml. State kept elsewhere is named with --state DIR.",
  },
  ENTITY_UNKNOWN: {
    exit: 2,
    http: 404,
    message: 'there is no run, workstream, task, gate or patch "{id}" in {folder}',
    fix: "Nearest: {nearest}. pawl status --all lists the tasks of the last run, pawl events its gates and patches too. What is of another run has that in front: RUN/NAME.",
  },
  OVERRIDE_UNKNOWN: {
    exit: 2,
    http: 400,
    message: "there is no override {action}",
    fix: "Nearest: {nearest}. pawl override --help lists them all.",
  },
  OVERRIDE_OF_ANOTHER_KIND: {
    exit: 2,
    http: 400,
    message: "{action} is for a {wanted}, and {entity} is a {found}",
    fix: "pawl override --help says what each is for.",
  },
  INTERVENTION_REFUSED: {
    exit: 1,
    http: 409,
    message: "{message} ({code})",
    fix: "{fix}",
  },
  NOBODY_ANSWERED: {
    exit: 75,
    http: 504,
    message: "another process works on run {run}, and did not answer within {seconds} s",
    fix: "Nothing was done, and what was asked is withdrawn. Look whether it still runs, and ask again.",
  },
  ANSWER_OVERDUE: {
    exit: 75,
    http: 504,
    message: "another process took up what was asked of run {run}, and did not say within {seconds} s what came of it",
    fix: "pawl events {run} shows whether it was done; it may still be.",
  },
  INTERVENTION_TEXT: {
    exit: 2,
    http: 400,
    message: "the {what} has {length} characters; it takes 1 to {limit}, and no control characters",
    fix: "Say who asks for it and why: --operator NAME --reason TEXT.",
  },
  RESET_TOO_LATE: {
    exit: 1,
    http: 409,
    message: "task {task} has ended, and its workstream {workstream} is {state}: nothing there takes a successor",
    fix: "Mend what failed, and start a new run: pawl run PLAN.",
  },
  CONFIGURATION_INVALID: {
    exit: 2,
    http: 500,
    message: "{file} is no configuration: {detail}",
    fix: "It may have one key: operators, a list of names. Without the file everybody may intervene.",
  },
  NO_LOGS: {
    exit: 2,
    http: 404,
    message: "{id} has no output kept for that attempt",
    fix: "Attempts with output: {known}. A command that printed nothing leaves no log.",
  },
  STATE_OF_ANOTHER_REPOSITORY: {
    exit: 2,
    http: 409,
    message: "{folder} holds the state of {other}, not of {repository}",
    fix: "Name another folder with --state DIR. If the repository was moved, put {repository} into {file} in place of what stands there.",
  },
  STATE_FOLDER_UNUSABLE: {
    exit: 2,
    http: 500,
    message: "the state folder {folder} cannot be used: {detail}",
    fix: "Make it writable, or name another folder, for Pawl alone, with --state DIR.",
  },
  SECRET_MISSING: {
    exit: 2,
    http: 400,
    message: "the plan takes the secret {name} from the environment, where it is not set",
    fix: "Set it (export {name}=…), or take it out of secrets. A run that has begun keeps its plan: set it, or end the run with pawl cancel.",
  },
  PATCH_FILE_CHANGED: {
    exit: 1,
    http: 409,
    message: "{file} is not what it was when the run began: {detail}",
    fix: "Put the file back, or start a new run with the file as it is now.",
  },
  SETUP_FAILED: {
    exit: 1,
    http: 422,
    message: "the setup of a worktree failed: {detail} (in {folder}, output: {log})",
    fix: "Read its output ({log}), or run it by hand in {folder} to see more; then start again.",
  },
});
