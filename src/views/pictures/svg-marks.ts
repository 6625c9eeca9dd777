import type { LineStyle } from "./diagram.ts";
import { type Box, handlesOf, type Point } from "./measure.ts";

/** How a line looks; `way` is what one entity took. */
export type LineLook = LineStyle | "way";

export const lineLooks: Readonly<Record<LineLook, { readonly colour: string; readonly dash: string }>> = {
  source: { colour: "#495057", dash: "" },
  addition: { colour: "#0b7285", dash: "7 4" },
  override: { colour: "#9c36b5", dash: "2 3" },
  way: { colour: "#1971c2", dash: "" },
};

/** A smooth line that leaves and enters level, through all its points. */
export function line(points: readonly Point[], look: LineLook, more: string): string {
  const [first, ...rest] = points;
  let path = `M${round(first?.x ?? 0)} ${round(first?.y ?? 0)}`;
  let from = first;
  for (const to of rest) {
    const course = [...handlesOf(from ?? to, to), to];
    path += ` C${course.map((point) => `${round(point.x)} ${round(point.y)}`).join(" ")}`;
    from = to;
  }
  return arrow(path, look, more);
}

export function straight(from: Point, to: Point, look: LineLook): string {
  return arrow(`M${round(from.x)} ${round(from.y)} L${round(to.x)} ${round(to.y)}`, look, "");
}

function arrow(path: string, look: LineLook, more: string): string {
  const { colour, dash } = lineLooks[look];
  const dashed = dash === "" ? "" : ` stroke-dasharray="${dash}"`;
  return `<path d="${path}" fill="none" stroke="${colour}"${dashed}${more} marker-end="url(#head-${look})"/>`;
}

export function arrowHeads(): string {
  return Object.entries(lineLooks).map(arrowHead).join("");
}

function arrowHead([look, { colour }]: [string, { colour: string }]): string {
  return `<marker id="head-${look}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5 L8 4 L0 7.5 Z" fill="${colour}"/></marker>`;
}

export function grown(box: Box, by: number): Box {
  return { x: box.x - by, y: box.y - by, width: box.width + 2 * by, height: box.height + 2 * by };
}

export function rect(box: Box, radius: number, fill: string, stroke: string, width: number, more: string): string {
  const place = `x="${round(box.x)}" y="${round(box.y)}" width="${round(box.width)}" height="${round(box.height)}"`;
  return `<rect ${place} rx="${radius}" fill="${fill}" stroke="${stroke}" stroke-width="${width}"${more}/>`;
}

export function text(x: number, y: number, words: string, size: number, colour: string, more = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${colour}"${more}>${escapeXml(words)}</text>`;
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function escapeXml(words: string): string {
  return words.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
