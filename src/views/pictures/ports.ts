import type { Box, Point } from "./measure.ts";

/** A line between two boxes, before it is known where on their borders it begins and ends. */
interface Loose {
  readonly from: string;
  readonly to: string;
  /** The first and the last are somewhere on a border. */
  readonly points: readonly Point[];
}

interface End {
  readonly line: number;
  readonly last: boolean;
  /** The point the line comes from, or goes to, beyond the border. */
  readonly beyond: Point;
}

/**
 * Gives each line a place of its own on the left or right border of its boxes, in the order in which the lines come in,
 * so that no two touch and none cross at the border.
 */
export function portsOf(lines: readonly Loose[], boxOf: (id: string) => Box): Point[][] {
  const sides = new Map<string, { box: Box; right: boolean; ends: End[] }>();
  lines.forEach((line, index) => {
    for (const last of [false, true]) {
      const id = last ? line.to : line.from;
      const box = boxOf(id);
      const beyond = line.points.at(last ? -2 : 1) ?? { x: 0, y: 0 };
      const right = beyond.x > box.x + box.width / 2;
      const key = `${right ? "right" : "left"} ${id}`;
      const side = sides.get(key) ?? { box, right, ends: [] };
      side.ends.push({ line: index, last, beyond });
      sides.set(key, side);
    }
  });
  const placed = lines.map((line) => [...line.points]);
  for (const { box, right, ends } of sides.values()) {
    const sorted = ends.toSorted((a, b) => a.beyond.y - b.beyond.y || a.line - b.line);
    sorted.forEach((end, index) => {
      const x = right ? box.x + box.width : box.x;
      const y = box.y + (box.height * (index + 1)) / (sorted.length + 1);
      const points = placed[end.line];
      points?.splice(end.last ? points.length - 1 : 0, 1, { x, y });
    });
  }
  return placed;
}
