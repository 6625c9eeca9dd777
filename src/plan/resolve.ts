import type { Attachments } from "./attachments.ts";
import { closeOver, type DependencyNode, orderByDependency } from "./graph.ts";
import type { Gate, Limits, Plan, Retries, Task, Tool, Workstream } from "./plan.ts";
import type { PlanFile, TaskFile, WorkstreamFile } from "./schema/plan.ts";

/** What holds where a plan says nothing. */
const defaults = {
  /** §1.4; gates and tools have no limit of their own in the source. */
  timeoutMs: 1_800_000,
  backoffMs: 1000,
  concurrency: 4,
  base: "HEAD",
  expectedExitCode: 0,
  scope: ["**"],
} as const;

/** Fills in defaults, orders by dependency and closes gate sets. The plan file must have passed every check. */
export function resolvePlan(written: PlanFile, file: string, attachments: Attachments): Plan {
  const tools = Object.entries(written.tools ?? {}).map(
    ([id, tool]): Tool => ({ id, run: tool.run, timeoutMs: tool.timeout ?? defaults.timeoutMs }),
  );
  const gates = resolveGates(written);
  const context: Context = {
    attachments,
    plan: written,
    gates,
    gateOrder: gates.map((gate) => gate.id),
    toolTimeoutsMs: new Map(tools.map((tool) => [tool.id, tool.timeoutMs])),
  };
  return {
    pawl: 1,
    name: written.name,
    file,
    base: written.base ?? defaults.base,
    setup: written.setup ?? null,
    concurrency: written.concurrency ?? defaults.concurrency,
    env: written.env ?? {},
    secrets: written.secrets ?? [],
    tools,
    gates,
    workstreams: inOrder(written.workstreams, (each, dependants) => resolveWorkstream(each, dependants, context)),
  };
}

interface Context {
  readonly attachments: Attachments;
  readonly plan: PlanFile;
  readonly gates: readonly Gate[];
  readonly gateOrder: readonly string[];
  readonly toolTimeoutsMs: ReadonlyMap<string, number>;
}

function inOrder<T extends { id: string; depends_on?: string[] | undefined }, R>(
  things: readonly T[],
  make: (thing: T, dependants: readonly string[]) => R,
): R[] {
  const byId = new Map(things.map((thing) => [thing.id, thing]));
  const nodes = things.map((thing): DependencyNode => ({ id: thing.id, dependsOn: thing.depends_on ?? [] }));
  const { order, dependants } = orderByDependency(nodes);
  return order.map((id) => make(byId.get(id)!, dependants.get(id) ?? []));
}

function resolveGates(written: PlanFile): Gate[] {
  const gates = Object.entries(written.gates ?? {}).map(([id, gate]) => ({ id, ...gate }));
  return inOrder(gates, (gate, dependants) => ({
    id: gate.id,
    type: gate.type,
    run: gate.run,
    timeoutMs: gate.timeout ?? defaults.timeoutMs,
    expectedExitCode: gate.expected_exit_code ?? defaults.expectedExitCode,
    dependsOn: gate.depends_on ?? [],
    dependants,
  }));
}

function resolveWorkstream(written: WorkstreamFile, dependants: readonly string[], context: Context): Workstream {
  const taskIds = new Set(written.tasks.map((task) => task.id));
  const tasks = inOrder(written.tasks, (task, waiting) => resolveTask(task, waiting, taskIds, context));
  const closed = (gates: readonly string[]) => closeOver(gates, context.gates, context.gateOrder);
  return {
    id: written.id,
    critical: written.critical ?? false,
    allowFailure: written.allow_failure ?? false,
    disabled: written.disabled ?? false,
    setup: written.setup ?? context.plan.setup ?? null,
    dependsOn: written.depends_on ?? [],
    dependants,
    dependencyTimeoutMs: written.dependency_timeout ?? null,
    verify: closed(written.verify ?? []),
    final: closed(written.final ?? []),
    preconditions: closed(tasks.flatMap((task) => task.gateDependencies)),
    tasks,
  };
}

function resolveTask(
  written: TaskFile,
  dependants: readonly string[],
  taskIds: ReadonlySet<string>,
  context: Context,
): Task {
  const names = written.depends_on ?? [];
  const toolTimeoutMs = context.toolTimeoutsMs.get(written.agent ?? "");
  const common = {
    id: written.id,
    critical: written.critical ?? false,
    allowFailure: written.allow_failure ?? false,
    dependsOn: names.filter((name) => taskIds.has(name)),
    gateDependencies: names.filter((name) => !taskIds.has(name)),
    dependants,
    timeoutMs: written.timeout ?? toolTimeoutMs ?? defaults.timeoutMs,
    retries: resolveRetries(written.retries),
    scope: written.scope ?? defaults.scope,
    limits: resolveLimits(written.limits),
  };
  if (written.patch !== undefined) {
    return { ...common, kind: "patch", patch: context.attachments.patches.get(written.patch)! };
  }
  const execution = {
    env: written.env ?? {},
    expectedExitCode: written.expected_exit_code ?? defaults.expectedExitCode,
    changes: written.changes ?? "patch",
  } as const;
  if (written.agent !== undefined) {
    const prompt = written.prompt ?? context.attachments.prompts.get(written.prompt_file ?? "")!;
    return { ...common, ...execution, kind: "agent", tool: written.agent, prompt };
  }
  return { ...common, ...execution, kind: "run", run: written.run! };
}

function resolveRetries(written: TaskFile["retries"]): Retries {
  const retries = typeof written === "number" ? { max: written } : (written ?? { max: 0 });
  return { max: retries.max, backoffMs: ("backoff" in retries ? retries.backoff : undefined) ?? defaults.backoffMs };
}

function resolveLimits(written: TaskFile["limits"]): Limits {
  return { maxLines: written?.lines ?? null, maxBytes: written?.bytes ?? null };
}
