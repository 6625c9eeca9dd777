import type { Redactor } from "../../base/secrets.ts";

/** They are looked up by what they are, and made by Pawl and git, so that no secret is in them. */
const identifiers: ReadonlySet<string> = new Set(["patch", "commit_sha"]);

/**
 * What an effect gives or throws goes into the store, the events and to the screen, and may hold what a command wrote:
 * the names of its files, what git says of them. No secret is in the texts of what comes out of here.
 */
export async function withoutSecrets<T>(secrets: Redactor, work: () => Promise<T>): Promise<T> {
  try {
    return redacted(await work(), secrets) as T;
  } catch (error) {
    throw redacted(error, secrets);
  }
}

function redacted(value: unknown, secrets: Redactor): unknown {
  if (typeof value === "string") {
    return redactedText(value, secrets);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (value instanceof Error) {
    return redactedError(value, secrets);
  }
  return Array.isArray(value) ? value.map((each) => redacted(each, secrets)) : redactedParts(value, secrets);
}

function redactedParts(parts: object, secrets: Redactor): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parts).map(([key, part]) => [key, identifiers.has(key) ? part : redacted(part, secrets)]),
  );
}

/** The stack begins with the message, and the cause has one of its own: all of it is stored with the event. */
function redactedError(error: Error, secrets: Redactor): Error {
  const own = Object.fromEntries(Object.getOwnPropertyNames(error).map((key) => [key, Reflect.get(error, key)]));
  const message = redactedText(error.message, secrets);
  return Object.assign(new Error(), redactedParts(own, secrets), { name: error.name, message });
}

/** Of a long text messages have the beginning alone: before the sign of that, the beginning of a secret goes too. */
function redactedText(text: string, secrets: Redactor): string {
  const [last = "", ...cut] = secrets.text(text).split("…").reverse();
  const whole = cut.map((piece) => secrets.stream().push(Buffer.from(piece)).toString());
  return [...whole.reverse(), last].join("…");
}
