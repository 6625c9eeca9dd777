import type { StateValue } from "xstate";

/** A state value on one line: `red`, `red.walk`, `(bold.on, list.none)`. */
export function valueText(value: StateValue): string {
  // A subject may say anything, and nothing.
  if (typeof value !== "object" || value === null) {
    return String(value);
  }
  const regions = Object.entries(value).flatMap(([key, inner]) => {
    const text = inner === undefined ? "" : valueText(inner);
    return text === "" || text === "()" ? key : `${key}.${text}`;
  });
  return regions.length === 1 ? (regions[0] ?? "") : `(${regions.join(", ")})`;
}
