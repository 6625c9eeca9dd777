/** Reads as much XML as the cases are written in: no DTD, no namespaces (a prefix is dropped). */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** The text right inside it, its children's left out. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

interface Open extends Element {
  readonly children: Element[];
  text: string;
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

const pieces = {
  comment: /<!--[\s\S]*?-->/,
  instruction: /<\?[\s\S]*?\?>/,
  cdata: /<!\[CDATA\[([\s\S]*?)\]\]>/,
  end: /<\/([^\s>]+)\s*>/,
  start: /<([^\s/>!?]+)((?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/,
  text: /([^<]+)/,
};
const piece = new RegExp(
  Object.values(pieces)
    .map(({ source }) => source)
    .join("|"),
  "y",
);
const attribute = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** The root element of a document. @throws Error with line and column of what cannot be read */
export function parseXml(source: string): Element {
  const top: Open = { name: "", attributes: {}, children: [], text: "", line: 1, column: 1 };
  const open: Open[] = [top];
  piece.lastIndex = 0;
  for (let at = 0; at < source.length; at = piece.lastIndex) {
    const found = piece.exec(source);
    const current = open.at(-1) ?? top;
    if (found === null) {
      throw notXml(source, at, "unreadable");
    }
    const [, cdata, end, start, attributes, empty, text] = found;
    if (start !== undefined) {
      const element = { name: local(start), attributes: read(attributes ?? ""), children: [], text: "" };
      const placed: Open = { ...element, ...place(source, at) };
      current.children.push(placed);
      if (empty === "") {
        open.push(placed);
      }
    } else if (end !== undefined) {
      if (open.length === 1 || local(end) !== current.name) {
        throw notXml(source, at, `</${end}> where ${current.name || "nothing"} is open`);
      }
      open.pop();
    } else {
      current.text += cdata ?? unescaped(text ?? "");
    }
  }
  const [root, ...more] = top.children;
  if (open.length > 1 || root === undefined || more.length > 0 || top.text.trim() !== "") {
    throw notXml(source, source.length, "not one whole element");
  }
  return root;
}

function read(attributes: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [, name = "", double, single] of attributes.matchAll(attribute)) {
    // A line break in an attribute is a space.
    all[local(name)] = unescaped((double ?? single ?? "").replaceAll(/\s/g, " "));
  }
  return all;
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function unescaped(text: string): string {
  return text.replaceAll(/&(#x?)?(\w+);/g, (whole, numeric: string | undefined, name: string) =>
    numeric === undefined
      ? (entities[name] ?? whole)
      : String.fromCodePoint(Number.parseInt(name, numeric === "#x" ? 16 : 10)),
  );
}

function place(source: string, at: number): { line: number; column: number } {
  const before = source.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

function notXml(source: string, at: number, why: string): Error {
  const { line, column } = place(source, at);
  return new Error(`${line}:${column}: ${why}`);
}

/** The children with one of these names, in order. */
export function named(element: Element, ...names: readonly string[]): Element[] {
  return element.children.filter(({ name }) => names.includes(name));
}

/** The words of an attribute that lists names. */
export function words(list: string | undefined): string[] {
  return (list ?? "").split(/\s+/).filter((word) => word !== "");
}
