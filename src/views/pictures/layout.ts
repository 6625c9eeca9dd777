import { graphlib, layout as place } from "@dagrejs/dagre";
import type { Diagram, DiagramEdge, DiagramFan, DiagramState } from "./diagram.ts";
import { type Box, labelLine, labelSize, nameSize, type Point, smallLine, smallSize, textWidth } from "./measure.ts";
import { portsOf } from "./ports.ts";
import { fanLines, labelText } from "./words.ts";

/** Where all parts of a picture stand; its upper left corner is 0, 0. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The dot above the initial state. */
  readonly start: Box;
  readonly states: readonly Placed<DiagramState>[];
  readonly fans: readonly Placed<DiagramFan>[];
  readonly edges: readonly PlacedEdge[];
  /** From the note of a fan to its target. */
  readonly stubs: readonly PlacedStub[];
}

export interface Placed<T> {
  readonly part: T;
  readonly box: Box;
}

export interface PlacedEdge {
  readonly part: DiagramEdge;
  /** From the border of the one state, through the label, to the border of the other. */
  readonly points: readonly Point[];
  readonly label: Box;
}

export interface PlacedStub {
  readonly part: DiagramFan;
  readonly points: readonly Point[];
}

export interface Spacing {
  readonly ranker: "network-simplex" | "tight-tree" | "longest-path";
  /** Between layers. */
  readonly ranksep: number;
  /** Between neighbours in a layer. */
  readonly nodesep: number;
  /** In which order the lines are handed over: reversed, and so many of them moved from the front to the back. */
  readonly reversed: boolean;
  readonly rotated: number;
}

const startSize = 12;
/** Above the initial state, for the dot and its arrow. */
export const startRoom = 34;
const margin = 16;

/** Places a diagram in layers from left to right. The same diagram always gets the same places. */
export function layoutOf(diagram: Diagram, spacing: Spacing): Layout {
  const { ranksep, nodesep, ranker } = spacing;
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", marginx: margin, marginy: margin, ranksep, nodesep, edgesep: 12, ranker });
  // The first state is where dagre starts to break circles: the initial one, so that it stands on the left.
  for (const part of diagram.states.toSorted((a, b) => Number(b.state.initial) - Number(a.state.initial))) {
    graph.setNode(part.state.name, sizeOfState(part, diagram));
  }
  for (const fan of diagram.fans) {
    graph.setNode(fanId(fan), sizeOfFan(fan));
    graph.setEdge(fanId(fan), fan.to, { weight: 2, minlen: 1, width: 0, height: 0 }, fanId(fan));
  }
  const turned = [...diagram.edges.slice(spacing.rotated), ...diagram.edges.slice(0, spacing.rotated)];
  for (const edge of spacing.reversed ? turned.toReversed() : turned) {
    graph.setEdge(edge.from, edge.to, { ...sizeOfLabel(edge), labelpos: "c", weight: weights[edge.style] }, edge.style);
  }
  place(graph);

  const boxOf = (id: string): Box => {
    const box = boxAround(graph.node(id) as Centred);
    return id === diagram.entry.initial ? { ...box, y: box.y + startRoom, height: box.height - startRoom } : box;
  };
  const routed = diagram.edges.map((part) => {
    const found = graph.edge(part.from, part.to, part.style) as Routed;
    const label = boxAround(found);
    return { part, label, from: part.from, to: part.to, points: throughLabel(found.points, label) };
  });
  const stubs = diagram.fans.map((part) => {
    const { points } = graph.edge(fanId(part), part.to, fanId(part)) as Routed;
    return { part, from: fanId(part), to: part.to, points };
  });
  const ported = portsOf([...routed, ...stubs], boxOf);
  const initial = boxOf(diagram.entry.initial);
  const size = graph.graph() as { width: number; height: number };
  return {
    width: Math.ceil(size.width),
    height: Math.ceil(size.height),
    start: {
      x: initial.x + (initial.width - startSize) / 2,
      y: initial.y - startRoom,
      width: startSize,
      height: startSize,
    },
    states: diagram.states.map((part) => ({ part, box: boxOf(part.state.name) })),
    fans: diagram.fans.map((part) => ({ part, box: boxOf(fanId(part)) })),
    edges: routed.map(({ part, label }, index) => ({ part, label, points: ported[index] ?? [] })),
    stubs: stubs.map(({ part }, index) => ({ part, points: ported[routed.length + index] ?? [] })),
  };
}

/** What a heavier line gets is to be short and straight: the course the source has, before all else. */
const weights = { source: 4, addition: 2, override: 1 };

interface Centred extends Point {
  readonly width: number;
  readonly height: number;
}

interface Routed extends Centred {
  readonly points: readonly Point[];
}

function boxAround({ x, y, width, height }: Centred): Box {
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function fanId(fan: DiagramFan): string {
  return ` ${fan.trigger} ${fan.to}`;
}

function sizeOfState(part: DiagramState, diagram: Diagram): { width: number; height: number } {
  const { name } = part.state;
  const out = diagram.edges.filter((edge) => edge.from === name).length;
  const into = [...diagram.edges, ...diagram.fans].filter((edge) => edge.to === name).length;
  const height = Math.max(42, 14 + 13 * Math.max(out, into)) + (part.state.initial ? startRoom : 0);
  return { width: textWidth(name, nameSize) + 26, height };
}

function sizeOfLabel(edge: DiagramEdge): { width: number; height: number } {
  const widths = edge.labels.map((label) => textWidth(labelText(label), labelSize));
  return { width: Math.max(...widths) + 8, height: edge.labels.length * labelLine + 4 };
}

function sizeOfFan(fan: DiagramFan): { width: number; height: number } {
  const [first, ...rest] = fanLines(fan);
  const width = Math.max(textWidth(first, labelSize), ...rest.map((line) => textWidth(line, smallSize)));
  return { width: width + 14, height: labelLine + rest.length * smallLine + 8 };
}

/** A line passes level through its label, so that it does not run through the text of its neighbour. */
function throughLabel(points: readonly Point[], label: Box): Point[] {
  const y = label.y + label.height / 2;
  const middle = label.x + label.width / 2;
  const forward = (points.at(-1)?.x ?? 0) >= (points[0]?.x ?? 0);
  const ends = [label.x, label.x + label.width].map((x) => ({ x, y }));
  return points.flatMap((point) =>
    Math.abs(point.x - middle) < 1 && Math.abs(point.y - y) < 1 ? (forward ? ends : ends.toReversed()) : [point],
  );
}
