/**
 * JSON with sorted keys and no white space: the same value gives the same bytes, whoever writes it.
 * `undefined` members are left out, as in JSON.stringify.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") {
    return JSON.stringify(value) ?? "null";
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(",")}]`;
  }
  const object = value as Record<string, unknown>;
  const members: string[] = [];
  for (const key of Object.keys(object).sort()) {
    if (object[key] !== undefined) {
      members.push(`${JSON.stringify(key)}:${canonicalJson(object[key])}`);
    }
  }
  return `{${members.join(",")}}`;
}
