import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestLayout } from "../../../src/views/pictures/best-layout.ts";
import { diagramOf } from "../../../src/views/pictures/diagram.ts";
import { overlapsOf, screen, strayLinesOf } from "../../../src/views/pictures/faults.ts";
import { svgOf } from "../../../src/views/pictures/index.ts";
import { door, errand, sketched } from "./entries.ts";

const way = [
  { from: "pending", to: "queued", trigger: "scheduler_assigned" },
  { from: "queued", to: "running", trigger: "worker_started" },
  { from: "running", to: "retrying", trigger: "timeout_exceeded" },
  { from: "retrying", to: "queued", trigger: "retry_delay_elapsed" },
  { from: "queued", to: "running", trigger: "worker_started" },
  { from: "running", to: "cancelled", trigger: "user_cancelled" },
];

// To lay out a machine takes a second or so: once for all tests that look at the same picture.
const drawings = new Map([door, errand].map((entry) => [entry, svgOf(entry)]));
const drawn = (entry: typeof door): string => drawings.get(entry) ?? "";

describe("svgOf", () => {
  for (const entry of [door, errand]) {
    test(`shows each state and each trigger of the ${entry.name}, once for each place`, () => {
      const words = textsOf(drawn(entry));
      for (const { name } of entry.states) {
        expect(words.filter((text) => text === name)).toEqual([name]);
      }
      for (const { trigger } of entry.transitions) {
        expect(words).toContain(trigger);
      }
    });

    test(`lays no two states or texts of the ${entry.name} upon each other, on one screen`, () => {
      const layout = bestLayout(diagramOf(entry));
      expect(overlapsOf(layout)).toBe(0);
      expect(strayLinesOf(layout)).toBeLessThanOrEqual(1);
      expect(layout.width).toBeLessThanOrEqual(screen.width);
      expect(layout.height).toBeLessThanOrEqual(screen.height);
    });

    test(`is the same text each time for the ${entry.name}, and well-formed`, () => {
      expect(svgOf(entry)).toBe(drawn(entry));
      expectWellFormed(drawn(entry));
    });
  }

  test("draws what comes from many states as one note at its target", () => {
    const { fans, edges } = diagramOf(errand);
    expect(fans.map((fan) => [fan.trigger, fan.to, fan.fromAll, fan.style])).toEqual([
      ["user_cancelled", "cancelled", true, "source"],
      ["override_complete", "completed", true, "override"],
      ["override_fail", "failed", true, "override"],
      ["override_reset", "pending", true, "override"],
    ]);
    expect(edges.some((edge) => edge.labels.some((label) => label.transition.trigger === "user_cancelled"))).toBe(
      false,
    );
    expect(textsOf(drawn(errand))).toContain("from all but the ends");
  });

  test("gives an end a double border, and dashes additions and overrides", () => {
    const svg = drawn(door);
    expect(stateGroup(svg, "gone").match(/<rect/g)).toHaveLength(2);
    expect(stateGroup(svg, "open").match(/<rect/g)).toHaveLength(1);
    expect(stateGroup(svg, "stuck")).toContain("stroke-dasharray");
    expect(stateGroup(svg, "open")).not.toContain("stroke-dasharray");
    expect(svg.match(/stroke-dasharray="7 4"[^>]*head-addition/g)?.length).toBeGreaterThanOrEqual(1);
    expect(svg.match(/stroke-dasharray="2 3"[^>]*head-override/g)?.length).toBeGreaterThanOrEqual(1);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(["initial", "at work", "override by a person"]));
  });

  test("numbers the steps of a way, notes included, and sets off the present state", () => {
    const svg = svgOf(errand, { present: "cancelled", way });
    const words = textsOf(svg);
    expect(words).toEqual(
      expect.arrayContaining([
        "scheduler_assigned (1)",
        "worker_started (2, 5)",
        "timeout_exceeded (3)",
        "user_cancelled (6)",
      ]),
    );
    expect(words).toContain("validation_passed");
    expect(stateGroup(svg, "cancelled")).toContain("stroke-opacity");
    expect(stateGroup(svg, "completed")).not.toContain("stroke-opacity");
    expect(words).toEqual(expect.arrayContaining(["way taken (step)", "present state"]));
    expect(textsOf(drawn(errand))).not.toContain("present state");
  });

  test("keeps signs that mean something in XML out of the markup", () => {
    const entry = { ...door, entity: 'a <door> & "frame"' };
    const svg = svgOf(entry);
    expectWellFormed(svg);
    expect(svg).toContain("a &#60;door&#62; &#38; &#34;frame&#34;");
  });

  test("lays out any small machine without overlaps", { timeout: 60_000 }, () => {
    const names = ["a", "b", "c", "d", "e"];
    const moves = fc.array(
      fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names), fc.constantFrom("go", "stop", "turn_around")),
      {
        minLength: 1,
        maxLength: 10,
      },
    );
    fc.assert(
      fc.property(moves, (list) => {
        const lines = list.map(([from, to, trigger]) => `${from} > ${to} ${trigger}`);
        const entry = sketched({ name: "any", states: names.join(" "), transitions: lines.join("\n") });
        expect(overlapsOf(bestLayout(diagramOf(entry)))).toBe(0);
        expectWellFormed(svgOf(entry));
      }),
      { numRuns: 15 },
    );
  });
});

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1] ?? "");
}

function stateGroup(svg: string, name: string): string {
  const groups = svg.split("<g>").filter((group) => group.startsWith(`<title>${name}: `));
  expect(groups).toHaveLength(1);
  return (groups[0] ?? "").split("</g>")[0] ?? "";
}

function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, closing, name = "", empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (closing === "/") {
      expect(open.pop()).toBe(name);
    } else if (empty !== "/") {
      open.push(name);
    }
  }
  expect(open).toEqual([]);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
}
