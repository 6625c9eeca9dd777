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
