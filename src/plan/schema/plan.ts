import * as z from "zod";
import { gateTypes } from "../plan.ts";
import { command } from "./command.ts";
import { scope } from "./scope.ts";
import {
  duration,
  environment,
  idKey,
  label,
  references,
  revision,
  size,
  taskId,
  text,
  uniqueEntries,
  variable,
  workstreamId,
} from "./values.ts";

const exitCode = z.int().min(0).max(255);
const retryCount = z.int().min(0).max(100);

const tool = z.strictObject({
  run: command("tool").describe(
    "The command that edits the worktree. As a list it may name {prompt_file}, {prompt}, {worktree}, {task}, {workstream} and {run} as whole arguments; as text it finds them as $PAWL_PROMPT_FILE and so on.",
  ),
  timeout: duration(1).optional().describe("How long it may take, unless the task says otherwise. Default 30m."),
});

const gate = z.strictObject({
  type: z.enum(gateTypes).describe("What kind of check it is."),
  run: command("gate").describe("The command: text for `sh -c`, or a list of arguments."),
  timeout: duration(1).optional().describe("How long it may take. Default 30m."),
  depends_on: references.optional().describe("Gates that must have passed before this one runs."),
  expected_exit_code: exitCode.optional().describe("The exit code that means passed. Default 0."),
});

const retries = z.union([
  retryCount,
  z.strictObject({
    max: retryCount.describe("How often it is tried again after a failure."),
    backoff: duration(0).optional().describe("Wait before it is tried again. Default 1s."),
  }),
]);

const limits = z.strictObject({
  lines: z.int().min(1).optional().describe("Lines added and removed, at most."),
  bytes: size.optional().describe("Size of the patch, at most, such as 200kB."),
});

const task = z
  .strictObject({
    id: taskId.describe("Unique in its workstream."),
    run: command("task").optional().describe("A command: text for `sh -c`, or a list of arguments."),
    patch: text.min(1).optional().describe("A patch file, its path read from the folder of the plan."),
    agent: text.min(1).optional().describe("The tool of `tools` that does the prompt."),
    prompt: text.min(1).optional().describe("What the tool is asked to do."),
    prompt_file: text.min(1).optional().describe("A file with the prompt, its path read from the folder of the plan."),
    depends_on: references
      .optional()
      .describe("Tasks of this workstream that must be completed before, and gates that must have passed before."),
    scope: scope.optional().describe("Globs that every changed file must match. Default: all files."),
    limits: limits.optional().describe("How large its patch may be."),
    changes: z
      .literal("none")
      .optional()
      .describe("`none`: a check, nothing that it writes is taken over. Default: what it changes becomes a patch."),
    retries: retries
      .optional()
      .describe("How often it is tried again after a failure: a number, or `max` and `backoff`. Default 0."),
    timeout: duration(1).optional().describe("How long it may take. Default: that of its tool, or 30m."),
    expected_exit_code: exitCode.optional().describe("The exit code that means success. Default 0."),
    env: environment.optional().describe("Environment variables of its command, over those of the plan."),
    critical: z.boolean().optional().describe("Its failure fails the workstream at once. Default false."),
    allow_failure: z.boolean().optional().describe("Its failure is accepted. Default false."),
  })
  .meta({
    oneOf: [{ required: ["run"] }, { required: ["patch"] }, { required: ["agent"] }],
    dependencies: {
      prompt: ["agent"],
      prompt_file: ["agent"],
      agent: { oneOf: [{ required: ["prompt"] }, { required: ["prompt_file"] }] },
      patch: { properties: { changes: false, env: false, expected_exit_code: false } },
      changes: { properties: { scope: false, limits: false } },
    },
  });

const workstream = z.strictObject({
  id: workstreamId.describe("Unique in the plan."),
  critical: z.boolean().optional().describe("Its failure fails the run at once. Default false."),
  allow_failure: z.boolean().optional().describe("The run can succeed without it. Default false."),
  disabled: z.boolean().optional().describe("Switched off: it is skipped. Default false."),
  depends_on: references.optional().describe("Workstreams that must be completed and merged before."),
  dependency_timeout: duration(1)
    .optional()
    .describe("It fails when it has waited longer than this for others. Default: it waits without end."),
  setup: command("setup").optional().describe("Runs once in each new worktree of it, instead of the plan's `setup`."),
  verify: references.optional().describe("Gates that every patch of it must pass, with all that these depend on."),
  final: references.optional().describe("Gates that must pass before it is merged into the run's branch."),
  tasks: z.array(task).min(1).describe("What is to be done."),
});

/** A plan file as it is written. What it refers to (ids, files) is checked elsewhere. */
export const planSchema = z.strictObject({
  $schema: z.string().optional().describe("For editors: where the JSON Schema of a plan is."),
  pawl: z.literal(1).describe("Version of the plan language: 1."),
  name: label.describe("What the plan is called in summaries."),
  base: revision.optional().describe("Branch, tag or commit to start from. Default: HEAD."),
  setup: command("setup")
    .optional()
    .describe("Runs once in each new worktree, and again where something that it made is gone."),
  concurrency: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe("How many tasks are executed at the same time. Their gates are not counted. Default 4."),
  env: environment.optional().describe("Environment variables of every command."),
  secrets: z
    .array(variable)
    .check(uniqueEntries)
    .meta({ uniqueItems: true })
    .optional()
    .describe("Environment variables whose values must never reach a log, an event or the screen."),
  tools: z.record(idKey, tool).optional().describe("Commands that do a prompt, by id; a task names one as `agent`."),
  gates: z
    .record(idKey, gate)
    .optional()
    .describe(
      "Checks, by id. Those of a patch or of a merge run at the same time in one worktree, but for those that depend on others.",
    ),
  workstreams: z.array(workstream).min(1).describe("Groups of tasks, each merged as one."),
});

/** A plan file's content after planSchema: durations are milliseconds, sizes bytes, commands of one form. */
export type PlanFile = z.output<typeof planSchema>;
export type WorkstreamFile = PlanFile["workstreams"][number];
export type TaskFile = WorkstreamFile["tasks"][number];
