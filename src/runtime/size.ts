import { holdsControls } from "../base/control-characters.ts";
import { PawlError } from "../base/errors/index.ts";

/** What the context of an entity may hold, and so what may be put into it, in characters of JSON. */
const most = 1_000_000;

/** @throws PawlError CONTEXT_TOO_LARGE */
export function refuseLarge(actor: string, what: string, value: unknown): void {
  const characters = value === undefined ? 0 : (JSON.stringify(value)?.length ?? 0);
  if (characters > most) {
    throw new PawlError("CONTEXT_TOO_LARGE", { actor, what, characters, most });
  }
}

const longestId = 1_000;

/** @throws PawlError ACTOR_ID_INVALID */
export function refuseBadId(id: string): void {
  if (id === "" || id.length > longestId || holdsControls(id)) {
    throw new PawlError("ACTOR_ID_INVALID", { id: JSON.stringify(id), characters: id.length, most: longestId });
  }
}
