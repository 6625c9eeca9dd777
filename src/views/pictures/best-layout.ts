import type { Diagram } from "./diagram.ts";
import { faultsOf } from "./faults.ts";
import { type Layout, layoutOf, type Spacing } from "./layout.ts";
import { relaxed } from "./relax.ts";

/** Lays the diagram out in several ways and takes the one that is easiest to read. */
export function bestLayout(diagram: Diagram): Layout {
  const order = easiest(diagram, ordersFor(diagram)).spacing;
  // The order decides what crosses, the distances only what fits: no need to try each with each.
  const distances = [12, 18, 26, 38, 56].flatMap((ranksep) =>
    [14, 22, 34, 48].map((nodesep) => ({ ranksep, nodesep })),
  );
  const choices = distances.map((distance) => ({ ...order, ...distance }));
  return relaxed(easiest(diagram, choices).layout);
}

/** Where dagre begins decides where it ends: each line is tried as the first, forwards and backwards. */
function ordersFor(diagram: Diagram): Spacing[] {
  const usual = { ranksep: 18, nodesep: 22 };
  const starts = diagram.edges.map((_, rotated) => rotated);
  return [
    ...starts.flatMap((rotated) =>
      [false, true].map((reversed) => ({ ...usual, ranker: "network-simplex" as const, reversed, rotated })),
    ),
    { ...usual, ranker: "tight-tree", reversed: false, rotated: 0 },
    { ...usual, ranker: "longest-path", reversed: false, rotated: 0 },
  ];
}

function easiest(diagram: Diagram, spacings: readonly Spacing[]): { layout: Layout; spacing: Spacing } {
  const [best] = spacings
    .map((spacing) => {
      const layout = layoutOf(diagram, spacing);
      return { layout, spacing, faults: faultsOf(layout) };
    })
    .sort((a, b) => a.faults - b.faults);
  if (best === undefined) {
    throw new RangeError("no spacing to try");
  }
  return best;
}
