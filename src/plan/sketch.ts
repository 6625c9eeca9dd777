import type { Path, PlanSource } from "./source.ts";

/** A name in a list, and where it stands. */
export interface Reference {
  readonly id: string;
  readonly path: Path;
}

/** Something of the plan that may have an id, as far as it can be made out. */
export interface Sketched {
  readonly id: string | undefined;
  readonly path: Path;
  readonly dependsOn: readonly Reference[];
  /** Its keys and values as they were written. */
  readonly written: Readonly<Record<string, unknown>>;
}

export interface SketchedWorkstream extends Sketched {
  readonly verify: readonly Reference[];
  readonly final: readonly Reference[];
  readonly tasks: readonly Sketched[];
}

/**
 * Names and references of a plan whose shape may be wrong: what cannot be read is left out, so that all else can be
 * checked in the same run. `undefined` where the whole collection cannot be read: then no reference to it is wrong.
 */
export interface Sketch {
  readonly tools: readonly Sketched[] | undefined;
  readonly gates: readonly Sketched[] | undefined;
  readonly workstreams: readonly SketchedWorkstream[];
}

export function sketch(source: PlanSource): Sketch {
  const plan = asMap(source.data) ?? {};
  return {
    tools: membersById(plan["tools"], ["tools"]),
    gates: membersById(plan["gates"], ["gates"]),
    workstreams: listed(plan["workstreams"], ["workstreams"]).map((each) => ({
      ...each,
      verify: references(each.written["verify"], [...each.path, "verify"]),
      final: references(each.written["final"], [...each.path, "final"]),
      tasks: listed(each.written["tasks"], [...each.path, "tasks"]),
    })),
  };
}

function membersById(value: unknown, path: Path): Sketched[] | undefined {
  const map = value === undefined ? {} : asMap(value);
  return map && Object.entries(map).map(([id, member]) => sketched(id, asMap(member) ?? {}, [...path, id]));
}

function listed(value: unknown, path: Path): Sketched[] {
  return asList(value).flatMap((member, index) => {
    const map = asMap(member);
    const id = typeof map?.["id"] === "string" ? map["id"] : undefined;
    return map === undefined ? [] : [sketched(id, map, [...path, index])];
  });
}

function sketched(id: string | undefined, written: Record<string, unknown>, path: Path): Sketched {
  return { id, path, written, dependsOn: references(written["depends_on"], [...path, "depends_on"]) };
}

function references(value: unknown, path: Path): Reference[] {
  return asList(value).flatMap((id, index) => (typeof id === "string" ? [{ id, path: [...path, index] }] : []));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asMap(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
