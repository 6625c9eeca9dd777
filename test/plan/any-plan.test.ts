import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { PawlError } from "../../src/base/errors/index.ts";
import { type Plan, PlanErrors, parsePlan } from "../../src/plan/index.ts";
import { parse } from "./support.ts";

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,10}$/);
const words = fc.stringMatching(/^[a-zäß€😀'"#:,\][ -]{1,30}$/u).filter((text) => text.trim() !== "");
const command = fc.oneof(
  words,
  fc.tuple(fc.constant("node"), words).map((pair) => [...pair]),
);
const duration = fc.constantFrom("500ms", "2s", "20m", "1h30m");
const optional = { requiredKeys: [] as [] };
const variables = fc.dictionary(
  fc.stringMatching(/^[A-Z_]{1,8}$/).filter((name) => !name.startsWith("PAWL_")),
  words,
  { maxKeys: 3 },
);

interface Named {
  id: string;
  depends_on: string[];
}

/** Things with ids that depend on nothing but earlier ones, in any order. */
function named<T extends object>(thing: fc.Arbitrary<T>, most: number): fc.Arbitrary<(T & Named)[]> {
  return fc
    .uniqueArray(fc.tuple(id, thing, fc.array(fc.nat(most), { maxLength: 3 })), {
      selector: ([each]) => each,
      minLength: 1,
      maxLength: most,
    })
    .map((list) =>
      list.map(([own, rest, picks], index) => {
        const earlier = picks.filter((pick) => pick < index).map((pick) => list[pick]![0]);
        return { ...rest, id: own, depends_on: [...new Set(earlier)] };
      }),
    )
    .chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));
}

const task = fc
  .tuple(
    fc.record({ run: command, env: variables, expected_exit_code: fc.nat(255) }, { requiredKeys: ["run"] }),
    fc.record(
      {
        retries: fc.oneof(fc.nat(100), fc.record({ max: fc.nat(100), backoff: duration }, { requiredKeys: ["max"] })),
        timeout: duration,
        scope: fc.constantFrom(["src/**"], ["*.md", "docs/**"]),
        limits: fc.record(
          { lines: fc.integer({ min: 1, max: 9999 }), bytes: fc.constantFrom("1kB", "2MiB") },
          optional,
        ),
        critical: fc.boolean(),
      },
      optional,
    ),
  )
  .map(([kind, rest]) => ({ ...kind, ...rest }));

const workstream = fc.record(
  {
    tasks: named(task, 6),
    critical: fc.boolean(),
    disabled: fc.boolean(),
    dependency_timeout: duration,
    setup: command,
  },
  { requiredKeys: ["tasks"] },
);

const gate = fc.record(
  { type: fc.constantFrom("LINT", "UNIT", "INTEGRATION", "SECURITY"), run: command, timeout: duration },
  { requiredKeys: ["type", "run"] },
);

/** Plan files that are well formed, as plain data. */
const planFile = fc
  .record({
    name: words,
    concurrency: fc.integer({ min: 1, max: 64 }),
    env: variables,
    gates: named(gate, 4),
    workstreams: named(workstream, 5),
  })
  // A name that is both a task's and a gate's would be ambiguous in `depends_on`, and is refused.
  .filter(({ gates, workstreams }) => {
    const tasks = new Set(workstreams.flatMap((each) => each.tasks.map((one) => one.id)));
    return gates.every((each) => !tasks.has(each.id));
  })
  .chain((plan) =>
    fc.tuple(
      fc.constant(plan),
      fc.array(fc.subarray(plan.gates.map((each) => each.id)), { minLength: 5, maxLength: 5 }),
    ),
  )
  .map(([plan, verify]) => ({
    pawl: 1,
    ...plan,
    gates: Object.fromEntries(plan.gates.map(({ id: key, ...rest }) => [key, rest])),
    workstreams: plan.workstreams.map((each, index) => ({ ...each, verify: verify[index] ?? [] })),
  }));

/** Every reference leads to something that comes earlier in the list. */
function expectOrdered(things: readonly { id: string; dependsOn: readonly string[] }[]): void {
  const before = new Set<string>();
  for (const thing of things) {
    expect(thing.dependsOn.filter((each) => !before.has(each))).toEqual([]);
    before.add(thing.id);
  }
}

describe("any well-formed plan", () => {
  test("is read, the same from YAML, flow YAML and JSON, and survives JSON itself", async () => {
    await fc.assert(
      fc.asyncProperty(planFile, async (file) => {
        const plan = await parse(stringify(file));
        expect(await parse(JSON.stringify(file))).toEqual(plan);
        expect(await parse(stringify(file, { collectionStyle: "flow" }))).toEqual(plan);
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      }),
      { numRuns: 60 },
    );
  });

  test("keeps everything it names, in an order that respects dependencies, with gates closed", async () => {
    await fc.assert(
      fc.asyncProperty(planFile, async (file) => {
        const plan = await parse(stringify(file));
        expect(plan.name).toBe(file.name);
        expect(plan.env).toEqual(file.env);
        expectOrdered(plan.gates);
        expectOrdered(plan.workstreams);
        expect(plan.workstreams.map((each) => each.id).sort()).toEqual(file.workstreams.map((each) => each.id).sort());
        for (const written of file.workstreams) {
          const found = plan.workstreams.find((each) => each.id === written.id)!;
          expectOrdered(found.tasks);
          expect(found.tasks.map((each) => each.id).sort()).toEqual(written.tasks.map((each) => each.id).sort());
          expectClosed(plan, found.verify, written.verify);
        }
      }),
      { numRuns: 60 },
    );
  });
});

function expectClosed(plan: Plan, closed: readonly string[], asked: readonly string[]): void {
  expect(closed).toEqual(expect.arrayContaining([...asked]));
  expectOrdered(plan.gates.filter((each) => closed.includes(each.id)));
  const order = plan.gates.map((each) => each.id);
  expect(closed).toEqual([...closed].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
  for (const gateId of closed) {
    const wanted =
      asked.includes(gateId) || plan.gates.some((each) => closed.includes(each.id) && each.dependsOn.includes(gateId));
    expect(wanted).toBe(true);
  }
}

/** A value deep inside is replaced, removed, or its key renamed. */
function mutate(value: unknown, picks: readonly number[], other: unknown): unknown {
  if (typeof value !== "object" || value === null || picks.length === 0) {
    return other;
  }
  const keys = Object.keys(value);
  const key = keys[(picks[0] ?? 0) % Math.max(keys.length, 1)];
  if (key === undefined) {
    return other;
  }
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value };
  const members = copy as Record<string, unknown>;
  const old = members[key];
  if (picks.length === 1 && typeof other === "string" && !Array.isArray(copy)) {
    delete members[key];
    Object.defineProperty(members, other, { value: old, enumerable: true, configurable: true, writable: true });
  } else {
    members[key] = mutate(old, picks.slice(1), other);
  }
  return copy;
}

async function expectPlanOrErrors(text: string): Promise<void> {
  try {
    await parsePlan(text, { file: "plan.yaml", directory: "/nowhere" });
  } catch (error) {
    expect(error).toBeInstanceOf(PlanErrors);
    const { errors } = error as PlanErrors;
    expect(errors.length).toBeGreaterThan(0);
    for (const each of errors) {
      expect(each).toBeInstanceOf(PawlError);
      expect(each.exitStatus).toBe(65);
      expect(each.at?.file).toBe("plan.yaml");
      expect(each.message + each.fix).not.toMatch(/undefined|NaN|\[object|\{(where|hint|at|found|expected|known)\}/);
      expect(each.message.length).toBeLessThan(2000);
    }
  }
}

describe("any damaged plan", () => {
  const junk = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom("", "__proto__", "constructor", "{prompt_file}", "../x", "\u0000", null, -1, [], {}),
  );

  test("is a plan still, or refused with errors of the table that say where, what and how to mend it", async () => {
    const damaged = fc.tuple(
      planFile,
      fc.array(fc.tuple(fc.array(fc.nat(), { maxLength: 6 }), junk), { minLength: 1, maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async ([file, changes]) => {
        const data = changes.reduce<unknown>((value, [picks, other]) => mutate(value, picks, other), file);
        await expectPlanOrErrors(JSON.stringify(data));
      }),
      { numRuns: 300 },
    );
  });

  test("is never more than refused when its text is cut, doubled or strewn with signs", async () => {
    const edit = fc.tuple(
      fc.nat(),
      fc.nat(20),
      fc.oneof(
        fc.string({ maxLength: 5 }),
        fc.constantFrom("\n", "  ", "&a ", "*a", "{", "]", ": ", "- ", "|\n", "\t", "!x ", "---\n", "? "),
      ),
    );
    await fc.assert(
      fc.asyncProperty(planFile, fc.array(edit, { minLength: 1, maxLength: 5 }), async (file, edits) => {
        const text = edits.reduce((each, [at, cut, insert]) => {
          const place = at % (each.length + 1);
          return each.slice(0, place) + insert + each.slice(place + cut);
        }, stringify(file));
        await expectPlanOrErrors(text);
      }),
      { numRuns: 300 },
    );
  });

  test("is never more than refused when it is no plan at all", async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), expectPlanOrErrors), {
      numRuns: 300,
    });
  });
});
