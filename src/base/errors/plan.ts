import { defineErrors } from "./define.ts";

const badPlan = { exit: 65, http: 422 } as const;

/** What can be wrong with a plan file. Values in a message are shown quoted, so that none can steer a terminal. */
export const planErrors = defineErrors({
  PLAN_INVALID: {
    ...badPlan,
    message: "{file} is no valid plan, {count} found: {first}",
    fix: "Mend what is listed; `pawl validate` checks it again, `pawl schema` prints what a plan may hold.",
  },
  PLAN_FILE_NOT_FOUND: {
    ...badPlan,
    message: "there is no plan file {file}",
    fix: "Check the path; it is read from the folder that the command runs in.",
  },
  PLAN_FILE_UNREADABLE: {
    ...badPlan,
    message: "the plan file {file} cannot be read: {detail}",
    fix: "Name a regular file that you may read.",
  },
  PLAN_TOO_LARGE: {
    ...badPlan,
    message: "the plan has {size}, and at most {limit} are read",
    fix: "Move long prompts into files (prompt_file), or split the plan.",
  },
  PLAN_TOO_DEEP: {
    ...badPlan,
    message: "the plan nests deeper than {limit} levels here",
    fix: "A plan needs fewer than ten levels: look for brackets that are not closed.",
  },
  PLAN_NOT_UTF8: {
    ...badPlan,
    message: "the plan holds bytes here that are not UTF-8",
    fix: "Save the file as UTF-8.",
  },
  PLAN_EMPTY: {
    ...badPlan,
    message: "the plan is empty",
    fix: "Begin with `pawl: 1`, `name: …` and `workstreams:`.",
  },
  PLAN_SYNTAX: {
    ...badPlan,
    message: "this is not YAML: {detail}",
    fix: "Check indentation, quotes and brackets from this place upwards.",
  },
  PLAN_ALIASES: {
    ...badPlan,
    message: "the YAML aliases of the plan cannot be expanded: {detail}",
    fix: "Write out what the aliases stand for; at most {limit} expansions are made, and none of an anchor in itself.",
  },
  PLAN_ALIAS_UNKNOWN: {
    ...badPlan,
    message: "*{name} refers to an anchor that the plan has nowhere before it",
    fix: "Put &{name} before the value that is meant, above this place; text that begins with `*` stands in quotes.",
  },
  PLAN_DUPLICATE_KEY: {
    ...badPlan,
    message: "the key {key} was already given in line {line}",
    fix: "Remove one of the two.",
  },
  PLAN_VERSION: {
    ...badPlan,
    message: "this plan asks for version {found} of the plan language, this Pawl reads version 1",
    fix: "Write `pawl: 1`, or use the Pawl that the plan was written for.",
  },
  PLAN_KEY_MISSING: {
    ...badPlan,
    message: "{where}: the key {key} is missing",
    fix: "Add `{key}`: {meaning}",
  },
  PLAN_KEY_UNKNOWN: {
    ...badPlan,
    message: "{where}: unknown key {key}",
    fix: "{hint}Known here: {known}.",
  },
  PLAN_KEY_NOT_HERE: {
    ...badPlan,
    message: "{where}: {key} has no meaning {context}",
    fix: "Remove `{key}`.",
  },
  PLAN_WRONG_TYPE: {
    ...badPlan,
    message: "{where} must be {expected}, not {found}",
    fix: "{hint}",
  },
  PLAN_BAD_VALUE: {
    ...badPlan,
    message: "{where}: {value} is not allowed",
    fix: "Write {expected}.",
  },
  PLAN_BAD_ID: {
    ...badPlan,
    message: "{where}: {id} cannot be an id, it {reason}",
    fix: "Ids name branches and folders: a letter or digit first, then letters, digits, `-`, `_` and, but for workstreams, single `.`, 64 at most.",
  },
  PLAN_DUPLICATE_ID: {
    ...badPlan,
    message: "{where}: the id {id} was already given in line {line}",
    fix: "Give one of the two another id.",
  },
  PLAN_TASK_KIND: {
    ...badPlan,
    message: "{where} has {found}, and a task is exactly one of run, patch and agent",
    fix: "Keep one of `run` (a command), `patch` (a file) and `agent` (a tool of `tools`); split the task if it needs two.",
  },
  PLAN_CONTRADICTION: {
    ...badPlan,
    message: "{where} is both critical and allowed to fail",
    fix: "Keep `critical` (its failure fails the whole at once) or `allow_failure` (its failure is accepted).",
  },
  PLAN_DEPENDS_ON_ITSELF: {
    ...badPlan,
    message: "{where} depends on itself",
    fix: "Remove {id} from its own `depends_on`.",
  },
  PLAN_CIRCULAR: {
    ...badPlan,
    message: "{where} depends on itself in a circle: {path}",
    fix: "Remove one of these dependencies.",
  },
  PLAN_DEPENDENCY_UNKNOWN: {
    ...badPlan,
    message: "{where} depends on {id}, and there is no {kind} of that id {scope}",
    fix: "{hint}Name one that exists, or remove it from `depends_on`.",
  },
  PLAN_DEPENDENCY_AMBIGUOUS: {
    ...badPlan,
    message: "{where} depends on {id}, which is the id of a task and of a gate",
    fix: "Rename the task or the gate.",
  },
  PLAN_GATE_UNKNOWN: {
    ...badPlan,
    message: "{where}: there is no gate {id}",
    fix: "{hint}Declare it under `gates`, or remove it here.",
  },
  PLAN_TOOL_UNKNOWN: {
    ...badPlan,
    message: "{where}: there is no tool {id}",
    fix: "{hint}Declare it under `tools`.",
  },
  PLAN_PLACEHOLDER: {
    ...badPlan,
    message: "{where}: {placeholder} {problem}",
    fix: "{advice}",
  },
  PLAN_SCOPE: {
    ...badPlan,
    message: "{where}: the glob {glob} {reason}",
    fix: "Write globs from the root of the repository, such as `src/**`.",
  },
  PLAN_ATTACHMENT_MISSING: {
    ...badPlan,
    message: "{where}: there is no file {path} (looked for at {resolved})",
    fix: "Check the path: it is read from the folder of the plan file.",
  },
  PLAN_ATTACHMENT_UNREADABLE: {
    ...badPlan,
    message: "{where}: {path} cannot be read: {detail}",
    fix: "Name a regular file that you may read.",
  },
  PLAN_ATTACHMENT_OUTSIDE: {
    ...badPlan,
    message: "{where}: {path} leads to {resolved}, outside the folder of the plan and the repository",
    fix: "Copy the file into the repository or next to the plan.",
  },
  PLAN_ATTACHMENT_TOO_LARGE: {
    ...badPlan,
    message: "{where}: {path} has {bytes} bytes, and at most {limitBytes} are read",
    fix: "Split it into several.",
  },
  PLAN_PROMPT_NOT_UTF8: {
    ...badPlan,
    message: "{where}: {path} is not UTF-8 text",
    fix: "Save the prompt as UTF-8.",
  },
  PLAN_ATTACHMENT_EMPTY: {
    ...badPlan,
    message: "{where}: {path} is empty",
    fix: "Put something into it, or remove the task.",
  },
  PLAN_PATCH_NOT_A_PATCH: {
    ...badPlan,
    message:
      "{where}: {path} is not a patch: neither `diff --git` nor `---` and `+++` lines in its first {searchedBytes} bytes",
    fix: "Make it with `git diff` or `git format-patch`.",
  },
  DURATION_INVALID: {
    ...badPlan,
    message: "{value} is not a duration",
    fix: "Write whole numbers with units, the largest first: 500ms, 2s, 20m, 1h30m, 2d.",
  },
  SIZE_INVALID: {
    ...badPlan,
    message: "{value} is not a size",
    fix: "Write a whole number with a unit: 800B, 200kB, 1MB, 2GB (powers of 1000), 64KiB, 1MiB, 1GiB (powers of 1024).",
  },
});
