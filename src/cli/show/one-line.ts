import { harmless } from "../../base/control-characters.ts";

/**
 * Text as one line that cannot steer a terminal. Names of files stand in errors, subjects of commits come from patches:
 * neither is anybody's whom the reader must trust.
 */
export function oneLine(text: string): string {
  return harmless(text.replace(/\s+/g, " "));
}
