/**
 * The value of a text that is JSON without doubt, many times faster than YAML; undefined where YAML is to decide: no
 * JSON, a key that stands twice, `__proto__`, or so deep or so much that the limits matter.
 */
export function plainJson(text: string, limits: { readonly levels: number; readonly marks: number }): unknown {
  if (!/^\s*\{/.test(text) || text.includes("__proto__")) {
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { members, marks, levels } = measured(text);
  const isPlain = marks <= limits.marks && levels <= limits.levels && members === membersOf(value);
  return isPlain ? value : undefined;
}

/** How many members the objects of a JSON text have as written, its marks between values, and how deep it goes. */
function measured(text: string): { readonly members: number; readonly marks: number; readonly levels: number } {
  let members = 0;
  let marks = 0;
  let level = 0;
  let levels = 0;
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    marks += 1;
    if (mark === ":") {
      members += 1;
    } else if (mark === "{" || mark === "[") {
      level += 1;
      levels = Math.max(levels, level);
    } else if (mark === "}" || mark === "]") {
      level -= 1;
    }
  }
  return { members, marks, levels };
}

/** How many members are left: of two with one key JSON.parse keeps the last. */
function membersOf(value: unknown): number {
  if (typeof value !== "object" || value === null) {
    return 0;
  }
  const inner = Object.values(value).reduce((sum: number, member) => sum + membersOf(member), 0);
  return Array.isArray(value) ? inner : inner + Object.keys(value).length;
}
