import { PawlError } from "../../base/errors/index.ts";
import type { Plan } from "../../plan/index.ts";

/** The values of a plan's secrets, by name. @throws PawlError SECRET_MISSING */
export function secretValues(plan: Plan, env: Readonly<Record<string, string | undefined>>): Map<string, string> {
  return new Map(
    plan.secrets.map((name) => {
      const value = Object.hasOwn(env, name) ? env[name] : undefined;
      if (value === undefined || value === "") {
        throw new PawlError("SECRET_MISSING", { name });
      }
      return [name, value];
    }),
  );
}
