/** Sizes in the units of the picture, which a viewer shows as pixels. */

/** All text is set in a monospaced face, so that its width is known without a font at hand. */
export const fontFamily = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace";
export const nameSize = 13;
export const labelSize = 11;
export const labelLine = 14;
export const smallSize = 10;
export const smallLine = 12;

/** Of one character, as a share of the font size; the widest of the faces named above. */
const advance = 0.605;

export function textWidth(text: string, size: number): number {
  return Math.ceil([...text].length * advance * size);
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle, by its upper left corner. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Two points on the way of a smooth line that leaves `a` and enters `b` level: what a Bézier curve calls its handles. */
export function handlesOf(a: Point, b: Point): readonly [Point, Point] {
  const middle = a.x + (b.x - a.x) / 2;
  return [
    { x: middle, y: a.y },
    { x: middle, y: b.y },
  ];
}

const samples = 6;

/** The smooth line through the points as short straight ones, to see what it touches. */
export function straightened(points: readonly Point[]): [Point, Point][] {
  const course = points.slice(0, 1);
  for (const [index, to] of points.slice(1).entries()) {
    const from = points[index] ?? to;
    const [h1, h2] = handlesOf(from, to);
    for (let step = 1; step <= (from.y === to.y ? 1 : samples); step += 1) {
      const t = from.y === to.y ? 1 : step / samples;
      const along = (p0: number, p1: number, p2: number, p3: number) =>
        (1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t ** 2 * p2 + t ** 3 * p3;
      course.push({ x: along(from.x, h1.x, h2.x, to.x), y: along(from.y, h1.y, h2.y, to.y) });
    }
  }
  return course.slice(1).map((point, index) => [course[index] ?? point, point]);
}

export function overlaps(a: Box, b: Box, gap = 0): boolean {
  return (
    a.x < b.x + b.width + gap && b.x < a.x + a.width + gap && a.y < b.y + b.height + gap && b.y < a.y + a.height + gap
  );
}

/** Whether the straight line from `a` to `b` touches the box. */
export function crossesBox(a: Point, b: Point, box: Box): boolean {
  let enter = 0;
  let leave = 1;
  const spans = [
    [a.x, b.x - a.x, box.x, box.x + box.width],
    [a.y, b.y - a.y, box.y, box.y + box.height],
  ] as const;
  for (const [start, delta, low, high] of spans) {
    if (delta === 0) {
      if (start < low || start > high) {
        return false;
      }
      continue;
    }
    const [first, second] = [(low - start) / delta, (high - start) / delta];
    enter = Math.max(enter, Math.min(first, second));
    leave = Math.min(leave, Math.max(first, second));
  }
  return enter <= leave;
}

/** Whether the lines a–b and c–d cross, common ends not counted. */
export function linesCross(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point) => Math.sign((q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}
