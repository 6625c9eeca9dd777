import type * as z from "zod";
import type { ErrorPlace, PawlError } from "../../base/errors/index.ts";

/** Makes the error of one refused value, once its place is known. */
export type ToError = (where: string, at: ErrorPlace) => PawlError;

/**
 * What a check of a schema leaves behind: zod carries the maker to whoever reads its issues.
 * `path` leads from the value that is checked to the part of it that is refused.
 */
export function problem(input: unknown, toError: ToError, path: (string | number)[] = []): z.core.$ZodRawIssue {
  return { code: "custom", params: { toError }, path, input };
}
