import * as z from "zod";
import { holdsControls, holdsHalfCharacters } from "../../base/control-characters.ts";
import { PawlError } from "../../base/errors/index.ts";
import { quote } from "../quote.ts";
import { problem } from "./problem.ts";
import { uniqueEntries } from "./values.ts";

const longestGlob = 512;

/** Of any other the matcher makes a class of its digits: `{8..12}` would be one digit from 1 to 8. */
const knownRange = /\{(?:\d\.\.\d|[a-z]\.\.[a-z]|[A-Z]\.\.[A-Z])\}/g;

/** Why a text cannot limit a task to a part of the repository; undefined when it can. */
function whyNoGlob(glob: string): string | undefined {
  if (glob.trim() === "") {
    return "is empty";
  }
  if (glob.length > longestGlob) {
    return `has ${glob.length} characters, and ${longestGlob} are allowed`;
  }
  if (holdsControls(glob)) {
    return "holds a control character";
  }
  if (holdsHalfCharacters(glob)) {
    return "holds the half of a character";
  }
  if (/^([/\\~]|[A-Za-z]:[/\\])/.test(glob)) {
    return "is absolute";
  }
  if (glob.startsWith("!")) {
    return "begins with `!`, so that it would allow everything else";
  }
  // Braces and alternatives count too: {src,..}/x leads out just as ../x does.
  if (glob.split(/[/\\{},|()]/).includes("..")) {
    return "leads out with `..`";
  }
  if (/\{[^}]*\.\./.test(glob.replace(knownRange, ""))) {
    return "has a range that is not of one letter or digit (write {8,9,10} for {8..10})";
  }
  return glob.endsWith("/") ? "names a folder, which matches no file (write `/**` at its end)" : undefined;
}

const glob = z.string().check((ctx) => {
  const reason = whyNoGlob(ctx.value);
  if (reason !== undefined) {
    const shown = quote(ctx.value);
    ctx.issues.push(
      problem(ctx.value, (where, at) => new PawlError("PLAN_SCOPE", { where, glob: shown, reason }, { at })),
    );
  }
});

export const scope = z
  .array(glob)
  .min(1)
  .check(uniqueEntries)
  .meta({ uniqueItems: true, examples: [["src/**", "test/**"]] });
