import { encode, type NumberOf, omitted, readable } from "./codec.ts";
import { symbolIn, Unserializable } from "./refused-values.ts";

/** An event for the journal: what JSON cannot keep is named, not kept, because no state depends on it. */
export function describeEvent(event: { readonly type: string }, numberOf: NumberOf): string {
  if (isBare(event)) {
    return bareEvent(event.type);
  }
  try {
    return readable("event", () => {
      // Whoever reads the journal by SQL finds the type at the same place in every event.
      const plain = Object.getPrototypeOf(event) === null ? { ...event } : event;
      return JSON.stringify(encode(plain, "event", numberOf));
    });
  } catch (error) {
    if (error instanceof Unserializable) {
      return JSON.stringify({ type: event.type, ...omitted(error) });
    }
    throw error;
  }
}

/** Many events are nothing but their type. */
function isBare(event: { readonly type: string }): boolean {
  for (const key in event) {
    if (key !== "type") {
      return false;
    }
  }
  return typeof event.type === "string" && symbolIn(event) === undefined;
}

const bareEvents = new Map<string, string>();

function bareEvent(type: string): string {
  let json = bareEvents.get(type);
  if (json === undefined) {
    json = JSON.stringify({ type });
    if (bareEvents.size < 1_000) {
      bareEvents.set(type, json);
    }
  }
  return json;
}
