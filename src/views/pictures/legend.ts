import type { Diagram, LineStyle } from "./diagram.ts";
import { smallSize, textWidth } from "./measure.ts";
import { kindLooks, type StateKind } from "./state-kind.ts";
import { grown, type LineLook, line, lineLooks, rect, text } from "./svg-marks.ts";

const lineWords: Readonly<Record<LineLook, string>> = {
  source: "of the source",
  addition: "added since 1.0.0",
  override: "override by a person",
  way: "way taken (step)",
};

const lineStyles: readonly LineStyle[] = ["source", "addition", "override"];
const ends = ["good-end", "bad-end", "other-end"];
const gap = 14;

/** What the colours and lines of a diagram mean, in one row that starts at 0, 0. */
export function legend(diagram: Diagram): { readonly marks: string; readonly width: number } {
  let x = 0;
  const marks: string[] = [];
  const add = (width: number, words: string, draw: (left: number) => string) => {
    marks.push(draw(x), text(x + width + 5, 14, words, smallSize, "#495057"));
    x += width + 5 + textWidth(words, smallSize) + gap;
  };
  const kinds = new Set(diagram.states.map((part) => part.kind));
  for (const [kind, look] of Object.entries(kindLooks).filter(([name]) => kinds.has(name as StateKind))) {
    add(20, look.words, (left) => {
      const box = { x: left, y: 3, width: 20, height: 14 };
      const inner = ends.includes(kind) ? rect(grown(box, -2.5), 2, "none", look.line, 0.8, "") : "";
      return rect(box, 4, look.fill, look.line, 1.2, "") + inner;
    });
  }
  const drawn = [...diagram.edges, ...diagram.fans];
  const looks: LineLook[] = lineStyles.filter((style) => drawn.some((part) => part.style === style));
  if (diagram.states.some((part) => part.visited)) {
    looks.push("way");
  }
  for (const look of looks) {
    const points = (left: number) => [
      { x: left, y: 10 },
      { x: left + 32, y: 10 },
    ];
    add(32, lineWords[look], (left) => line(points(left), look, ' stroke-width="1.5"'));
  }
  if (diagram.states.some((part) => part.present)) {
    const { colour } = lineLooks.way;
    add(20, "present state", (left) => {
      const box = { x: left, y: 3, width: 20, height: 14 };
      return rect(grown(box, 1), 6, "none", colour, 5, ' stroke-opacity="0.3"') + rect(box, 4, "none", colour, 2, "");
    });
  }
  return { marks: marks.join(""), width: x - gap };
}
