import { PawlError } from "../base/errors/index.ts";
import { orderByDependency } from "./graph.ts";
import type { Problems } from "./problems.ts";
import { quoteId } from "./quote.ts";
import type { Reference, Sketch, Sketched, SketchedWorkstream } from "./sketch.ts";
import type { PlanSource } from "./source.ts";

type Kind = "workstream" | "task" | "gate";

/** Names of a plan: each given once, each reference leading somewhere, and none in a circle. */
export function checkReferences(plan: Sketch, source: PlanSource, problems: Problems): void {
  const check = new ReferenceCheck(source, problems, plan);
  check.duplicates(plan.workstreams);
  check.dependencies("workstream", plan.workstreams);
  check.dependencies("gate", plan.gates ?? []);
  for (const workstream of plan.workstreams) {
    check.duplicates(workstream.tasks);
    check.dependencies("task", workstream.tasks);
    check.gateLists(workstream);
    check.agents(workstream.tasks);
  }
}

class ReferenceCheck {
  readonly #source: PlanSource;
  readonly #problems: Problems;
  readonly #gates: ReadonlySet<string> | undefined;
  readonly #tools: ReadonlySet<string> | undefined;

  constructor(source: PlanSource, problems: Problems, plan: Sketch) {
    this.#source = source;
    this.#problems = problems;
    this.#gates = plan.gates && idsOf(plan.gates);
    this.#tools = plan.tools && idsOf(plan.tools);
  }

  duplicates(things: readonly Sketched[]): void {
    const first = new Map<string, Sketched>();
    for (const thing of things) {
      const earlier = thing.id === undefined ? undefined : first.get(thing.id);
      if (thing.id === undefined) {
        continue;
      }
      if (earlier === undefined) {
        first.set(thing.id, thing);
        continue;
      }
      const line = this.#source.place([...earlier.path, "id"]).line ?? 1;
      const values = { where: this.#source.where(thing.path), id: quoteId(thing.id), line };
      const at = this.#source.place([...thing.path, "id"]);
      this.#problems.add(new PawlError("PLAN_DUPLICATE_ID", values, { at }));
    }
  }

  dependencies(kind: Kind, things: readonly Sketched[]): void {
    const ids = idsOf(things);
    for (const thing of things) {
      for (const reference of thing.dependsOn) {
        this.#dependency(kind, thing, reference, ids);
      }
    }
    this.#circles(things);
  }

  #dependency(kind: Kind, thing: Sketched, reference: Reference, ids: ReadonlySet<string>): void {
    const where = this.#source.where(thing.path);
    const id = quoteId(reference.id);
    const at = this.#source.place(reference.path);
    const isGate = kind === "task" && (this.#gates === undefined || this.#gates.has(reference.id));
    if (reference.id === thing.id) {
      this.#problems.add(new PawlError("PLAN_DEPENDS_ON_ITSELF", { where, id }, { at }));
    } else if (ids.has(reference.id) && this.#gates?.has(reference.id) && isGate) {
      this.#problems.add(new PawlError("PLAN_DEPENDENCY_AMBIGUOUS", { where, id }, { at }));
    } else if (!ids.has(reference.id) && !isGate) {
      const known = othersThan(thing.id, ids, kind === "task" ? (this.#gates ?? []) : []);
      const values = { where, id, ...wanted[kind], hint: this.#problems.didYouMean(reference.id, known) };
      this.#problems.add(new PawlError("PLAN_DEPENDENCY_UNKNOWN", values, { at }));
    }
  }

  #circles(things: readonly Sketched[]): void {
    const named = things.filter((thing) => thing.id !== undefined);
    const nodes = named.map((thing) => ({
      id: thing.id!,
      dependsOn: thing.dependsOn.map((reference) => reference.id).filter((id) => id !== thing.id),
    }));
    for (const cycle of orderByDependency(nodes).cycles) {
      const first = named.find((thing) => thing.id === cycle[0])!;
      const next = first.dependsOn.find((reference) => reference.id === cycle[1])!;
      const values = { where: this.#source.where(first.path), path: formatCycle(cycle) };
      this.#problems.add(new PawlError("PLAN_CIRCULAR", values, { at: this.#source.place(next.path) }));
    }
  }

  gateLists(workstream: SketchedWorkstream): void {
    for (const reference of [...workstream.verify, ...workstream.final]) {
      if (this.#gates !== undefined && !this.#gates.has(reference.id)) {
        const hint = this.#problems.didYouMean(reference.id, this.#gates);
        const values = { where: this.#source.where(reference.path.slice(0, -1)), id: quoteId(reference.id), hint };
        this.#problems.add(new PawlError("PLAN_GATE_UNKNOWN", values, { at: this.#source.place(reference.path) }));
      }
    }
  }

  agents(tasks: readonly Sketched[]): void {
    for (const task of tasks) {
      const tool = task.written["agent"];
      if (typeof tool === "string" && this.#tools !== undefined && !this.#tools.has(tool)) {
        const hint = this.#problems.didYouMean(tool, this.#tools);
        const values = { where: this.#source.where(task.path), id: quoteId(tool), hint };
        const at = this.#source.place([...task.path, "agent"]);
        this.#problems.add(new PawlError("PLAN_TOOL_UNKNOWN", values, { at }));
      }
    }
  }
}

function idsOf(things: readonly Sketched[]): Set<string> {
  return new Set(things.flatMap((thing) => (thing.id === undefined ? [] : [thing.id])));
}

/** What something can depend on. Lazily, because there may be 10,000 ids, and as many unknown ones. */
function* othersThan(own: string | undefined, ...lists: Iterable<string>[]): Generator<string> {
  for (const list of lists) {
    for (const id of list) {
      if (id !== own) {
        yield id;
      }
    }
  }
}

const wanted = {
  workstream: { kind: "workstream", scope: "in this plan" },
  task: { kind: "task", scope: "in its workstream (nor a gate)" },
  gate: { kind: "gate", scope: "in this plan" },
} as const;

const longestCycle = 8;

/** `a → b → a`; of a long one its beginning and its end. */
function formatCycle(cycle: readonly string[]): string {
  const ids = cycle.map(quoteId);
  if (ids.length > longestCycle) {
    const left = ids.length - longestCycle;
    ids.splice(longestCycle / 2, left, `(${left} more)`);
  }
  return ids.join(" → ");
}
