import { describe, expect, test } from "vitest";
import { catalogue } from "../../../machines/catalogue.ts";
import { bestLayout } from "../../../src/views/pictures/best-layout.ts";
import { diagramOf } from "../../../src/views/pictures/diagram.ts";
import { overlapsOf, screen, strayLinesOf } from "../../../src/views/pictures/faults.ts";
import { ssotPage, transitionTableOf } from "../../../src/views/pictures/index.ts";

describe("the pictures of the catalogue", () => {
  for (const entry of Object.values(catalogue)) {
    test(`${entry.name} fits on a screen, and nothing in it lies upon something else`, () => {
      const layout = bestLayout(diagramOf(entry));
      expect([overlapsOf(layout), strayLinesOf(layout)]).toEqual([0, 0]);
      expect(layout.width).toBeLessThanOrEqual(screen.width);
      expect(layout.height).toBeLessThanOrEqual(screen.height);
    });

    test(`${entry.name} has each of its transitions drawn and tabled`, () => {
      const { edges, fans } = diagramOf(entry);
      const drawn = [
        ...edges.flatMap(({ from, to, labels }) =>
          labels.map(({ transition }) => `${from} ${to} ${transition.trigger}`),
        ),
        ...fans.flatMap(({ from, to, trigger }) => from.map((source) => `${source} ${to} ${trigger}`)),
      ];
      const declared = entry.transitions.map(({ from, to, trigger }) => `${from} ${to} ${trigger}`);
      expect(drawn.sort()).toEqual(declared.toSorted());
      expect(transitionTableOf(entry).split("\n")).toHaveLength(entry.transitions.length + 2);
    });
  }

  test("the page counts what version 1.0.0 has: 51 states and 67 pairs", () => {
    const index: unknown = JSON.parse(/```json\n([\s\S]*?)\n```/.exec(ssotPage(Object.values(catalogue)))?.[1] ?? "");
    expect(index).toMatchObject({ machines: { length: 8 }, strict_1_0_0: { states: 51, pairs: 67 } });
  });
});
