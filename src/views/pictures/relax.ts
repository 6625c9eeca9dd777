import { faultsOf, strayTimes } from "./faults.ts";
import type { Layout, PlacedEdge } from "./layout.ts";
import type { Point } from "./measure.ts";

/** How far before and after a bend a line may be held level. */
const holds = [24, 40, 56, 72];

/**
 * Moves the bends of lines that run through a text which is not theirs: a line that climbs a little earlier or later
 * passes beside it. Nothing else is moved.
 */
export function relaxed(layout: Layout): Layout {
  let best = layout;
  for (const line of layout.edges.keys()) {
    best = relaxedLine(best, line);
  }
  return best;
}

function relaxedLine(layout: Layout, line: number): Layout {
  const points = layout.edges[line]?.points ?? [];
  const strays = strayTimes(layout, line, points);
  let best = { layout, faults: strays === 0 ? 0 : faultsOf(layout) };
  if (strays === 0) {
    return layout;
  }
  for (let bend = 1; bend < points.length - 1; bend += 1) {
    for (const [before, after] of holds.flatMap(
      (hold) =>
        [
          [hold, hold],
          [hold, 0],
          [0, hold],
        ] as const,
    )) {
      const held = withHold(points, bend, before, after);
      // Looked at first, as it is quickly seen; the rest of the picture only where this one got better.
      if (strayTimes(layout, line, held) < strays) {
        const edges = layout.edges.with(line, { ...(layout.edges[line] as PlacedEdge), points: held });
        const tried = { ...layout, edges };
        const faults = faultsOf(tried);
        best = faults < best.faults ? { layout: tried, faults } : best;
      }
    }
  }
  return best.layout;
}

function withHold(points: readonly Point[], bend: number, before: number, after: number): Point[] {
  const { x, y } = points[bend] ?? { x: 0, y: 0 };
  const forward = (points[bend + 1]?.x ?? 0) >= (points[bend - 1]?.x ?? 0) ? 1 : -1;
  return points.toSpliced(bend, 1, { x: x - before * forward, y }, { x: x + after * forward, y });
}
