import type { MachineEntry } from "../../../machines/entry.ts";
import { bestLayout } from "./best-layout.ts";
import { type DiagramState, diagramOf, type PictureOptions } from "./diagram.ts";
import { screen } from "./faults.ts";
import { type Layout, type Placed, type PlacedEdge, startRoom } from "./layout.ts";
import { legend } from "./legend.ts";
import { type Box, fontFamily, labelLine, labelSize, nameSize, smallLine, smallSize, textWidth } from "./measure.ts";
import { kindLooks } from "./state-kind.ts";
import { arrowHeads, escapeXml, grown, line, lineLooks, rect, round, straight, text } from "./svg-marks.ts";
import { fanLines, labelText } from "./words.ts";

const headHeight = 46;
const legendHeight = 34;
const edge = 16;

/**
 * A machine as an SVG that needs nothing beside it: states by kind, ends with a double border, additions and overrides
 * dashed, with a legend. For one entity its present state and the numbered steps of its way are set off.
 */
export function svgOf(entry: MachineEntry, options: PictureOptions = {}): string {
  const diagram = diagramOf(entry, options);
  const layout = bestLayout(diagram);
  const { marks, width: legendWidth } = legend(diagram);
  const width = Math.max(layout.width, legendWidth + 2 * edge, textWidth(subtitle(entry), labelSize) + 2 * edge);
  const height = headHeight + layout.height + legendHeight;
  const shift = Math.floor((width - layout.width) / 2);
  // A wider picture is shown smaller rather than scrolled.
  const shown = Math.min(1, screen.width / width);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${round(width * shown)}" height="${round(height * shown)}" font-family="${fontFamily}" role="img" aria-label="${escapeXml(`State machine ${entry.name}`)}">`,
    `<defs>${arrowHeads()}</defs>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    title(entry),
    `<g transform="translate(${shift} ${headHeight})">`,
    ...body(layout),
    "</g>",
    `<g transform="translate(${edge} ${headHeight + layout.height + 4})">${marks}</g>`,
    "</svg>",
  ].join("\n")}\n`;
}

function title(entry: MachineEntry): string {
  const name = text(edge, 22, entry.name, 16, "#212529", ' font-weight="bold"');
  return name + text(edge, 39, subtitle(entry), labelSize, "#495057");
}

function subtitle({ namespace, section, version, entity, states, transitions }: MachineEntry): string {
  const counts = `${states.length} states, ${transitions.length} transitions`;
  return `${namespace}, §${section}, version ${version}: ${entity}; ${counts}`;
}

function body(layout: Layout): string[] {
  const { start } = layout;
  return [
    // What the entity went through is drawn last, to lie on top.
    ...layout.edges.toSorted((a, b) => Number(isTaken(a)) - Number(isTaken(b))).map(edgeLine),
    ...layout.stubs.map(({ part, points }) => line(points, part.steps.length > 0 ? "way" : part.style, "")),
    ...layout.edges.map(edgeLabel),
    ...layout.fans.map(fanNote),
    startMark(start),
    ...layout.states.map(stateBox),
  ];
}

function startMark(start: Box): string {
  const x = start.x + start.width / 2;
  const y = start.y + start.height / 2;
  const arrow = straight({ x, y }, { x, y: start.y + startRoom }, "source");
  return `${arrow}<circle cx="${round(x)}" cy="${round(y)}" r="${start.width / 2}" fill="#212529"/>`;
}

function stateBox({ part, box }: Placed<DiagramState>): string {
  const look = kindLooks[part.kind];
  const added = part.state.since === "1.0.0" ? "" : ' stroke-dasharray="6 3"';
  const onWay = part.present || part.visited;
  const colour = onWay ? lineLooks.way.colour : look.line;
  const shapes = [
    ...(part.present ? [rect(grown(box, 4), 11, "none", lineLooks.way.colour, 8, ' stroke-opacity="0.3"')] : []),
    rect(box, 8, look.fill, colour, onWay ? 2.5 : 1.5, added),
    ...(part.state.terminal ? [rect(grown(box, -4), 5, "none", colour, 1, added)] : []),
  ];
  const name = text(
    box.x + box.width / 2,
    box.y + box.height / 2 + 4.5,
    part.state.name,
    nameSize,
    "#212529",
    ' text-anchor="middle" font-weight="bold"',
  );
  return `<g><title>${escapeXml(`${part.state.name}: ${part.state.description}`)}</title>${shapes.join("")}${name}</g>`;
}

function isTaken({ part }: PlacedEdge): boolean {
  return part.labels.some((label) => label.steps.length > 0);
}

function edgeLine(edge: PlacedEdge): string {
  const look = isTaken(edge) ? "way" : edge.part.style;
  return line(edge.points, look, ` stroke-width="${isTaken(edge) ? 2.5 : 1.3}"`);
}

function edgeLabel({ part, label }: PlacedEdge): string {
  const lines = part.labels.map((entry, index) => {
    const taken = entry.steps.length > 0;
    const { trigger, description, guard } = entry.transition;
    const hint = `${part.from} → ${part.to} on ${trigger}: ${description}${guard === undefined ? "" : ` [${guard}]`}`;
    const y = label.y + 2 + labelLine * (index + 0.76);
    const colour = lineLooks[taken ? "way" : part.style].colour;
    const weight = taken ? ' font-weight="bold"' : "";
    const set = text(
      label.x + label.width / 2,
      y,
      labelText(entry),
      labelSize,
      colour,
      ` text-anchor="middle"${weight}`,
    );
    return `<g><title>${escapeXml(hint)}</title>${set}</g>`;
  });
  return `${rect(grown(label, -1), 3, "#ffffff", "none", 0, "")}${lines.join("")}`;
}

function fanNote({ part, box }: Layout["fans"][number]): string {
  const taken = part.steps.length > 0;
  const { colour, dash } = lineLooks[taken ? "way" : part.style];
  const [first, ...rest] = fanLines(part);
  const style = `${dash === "" ? "" : ` stroke-dasharray="${dash}"`}`;
  return [
    `<g><title>${escapeXml(`${part.trigger} → ${part.to}, from ${part.from.join(", ")}`)}</title>`,
    rect(box, 4, "#ffffff", colour, taken ? 2 : 1, style),
    text(box.x + 7, box.y + labelLine, first, labelSize, colour, taken ? ' font-weight="bold"' : ""),
    ...rest.map((words, index) =>
      text(box.x + 7, box.y + labelLine + smallLine * (index + 1), words, smallSize, "#495057"),
    ),
    "</g>",
  ].join("");
}
