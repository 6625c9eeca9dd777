import type { Layout } from "./layout.ts";
import { type Box, crossesBox, linesCross, overlaps, type Point, straightened } from "./measure.ts";

/** What fits on one screen, the title and the legend not counted. */
export const screen = { width: 1600, height: 900 };

/** Things that should be read one by one but lie upon each other. */
export function overlapsOf(layout: Layout): number {
  const boxes = boxesOf(layout);
  return boxes.reduce(
    (sum, box, index) => sum + boxes.slice(index + 1).filter((other) => overlaps(box, other)).length,
    0,
  );
}

function boxesOf(layout: Layout): Box[] {
  return [
    layout.start,
    ...layout.states.map(({ box }) => box),
    ...layout.fans.map(({ box }) => box),
    ...layout.edges.map(({ label }) => label),
  ];
}

/** How often a line runs through a state or a text that is not its own. */
export function strayLinesOf(layout: Layout): number {
  return linesOf(layout).reduce((sum, points, line) => sum + strayTimes(layout, line, points), 0);
}

/** @param line the place of the line among the edges; beyond them stand the stubs */
export function strayTimes(layout: Layout, line: number, points: readonly Point[]): number {
  const blocks = [
    ...layout.states.map(({ box }) => ({ box, owner: -1 })),
    ...layout.fans.map(({ box }) => ({ box, owner: -1 })),
    ...layout.edges.map(({ label }, owner) => ({ box: label, owner })),
  ];
  const course = straightened(points);
  return blocks.filter(({ box, owner }) => {
    // A line touches the border of its own ends, and passes through its own label.
    const inner = { x: box.x + 1, y: box.y + 1, width: box.width - 2, height: box.height - 2 };
    return owner !== line && course.some(([a, b]) => crossesBox(a, b, inner));
  }).length;
}

/** How hard a layout is to read; less is better, 0 is not to be had. */
export function faultsOf(layout: Layout): number {
  const lines = linesOf(layout).map(straightened);
  let crossings = 0;
  for (const [index, line] of lines.entries()) {
    for (const other of lines.slice(index + 1)) {
      crossings += line.filter(([a, b]) => other.some(([c, d]) => linesCross(a, b, c, d))).length;
    }
  }
  const outside = Math.max(0, layout.width - screen.width) + Math.max(0, layout.height - screen.height);
  const area = (layout.width * layout.height) / (screen.width * screen.height);
  const behind = layout.states.filter(({ box }) => box.x + box.width < layout.start.x).length;
  return (
    overlapsOf(layout) * 1000 +
    outside * 10 +
    behind * 60 +
    strayLinesOf(layout) * 60 +
    crossings * 10 +
    steepness(layout) * 4 +
    area * 4
  );
}

/** How far lines climb more than they go on, which hides where they come from. */
function steepness(layout: Layout): number {
  let sum = 0;
  for (const points of linesOf(layout)) {
    for (const [index, to] of points.slice(1).entries()) {
      const from = points[index] ?? to;
      const up = Math.abs(to.y - from.y);
      const climb = up / Math.max(Math.abs(to.x - from.x), 1);
      sum += up > 12 ? Math.min(Math.max(climb - 1.5, 0), 5) : 0;
    }
  }
  return sum;
}

function linesOf(layout: Layout): (readonly Point[])[] {
  return [...layout.edges.map(({ points }) => points), ...layout.stubs.map(({ points }) => points)];
}
