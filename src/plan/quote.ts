/** What would steer a terminal or turn the order of letters round, when it is printed. */
const unprintable = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A value from a plan as a message shows it: quoted, every control character written as an escape. */
export function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.replace(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const plain = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** An id or key as a message shows it: as it is when that is harmless, else quoted, and cut when it is long. */
export function quoteId(id: string): string {
  if (plain.test(id)) {
    return id;
  }
  return id.length <= 64 ? quote(id) : `${quote(id.slice(0, 32))}…`;
}
