import { isUtf8 } from "node:buffer";
import { dirname, resolve } from "node:path";
import { PawlError } from "../base/errors/index.ts";
import { type AttachmentRoots, readAttachments } from "./attachments.ts";
import { Refusal, readBounded, systemCode } from "./bounded-read.ts";
import { checkMeaning } from "./check-meaning.ts";
import { checkReferences } from "./check-references.ts";
import { checkShape } from "./check-shape.ts";
import { maxPlanBytes, parseText } from "./parse-text.ts";
import type { Plan } from "./plan.ts";
import { PlanErrors, Problems } from "./problems.ts";
import { quote } from "./quote.ts";
import { resolvePlan } from "./resolve.ts";
import { sketch } from "./sketch.ts";
import type { PlanSource } from "./source.ts";
import { takeTextAsTyped } from "./text-as-typed.ts";

export interface ReadPlanOptions {
  /** Root of the repository; patches and prompts may lie in it, and not only next to the plan. */
  readonly repository?: string | undefined;
}

export interface ParsePlanOptions extends AttachmentRoots {
  /** Name of the text in messages, and `file` of the plan. */
  readonly file: string;
}

/**
 * Reads a plan file, YAML or JSON, of at most 4 MiB.
 * @throws PlanErrors with every problem found; exit status 65.
 */
export async function readPlan(file: string, options: ReadPlanOptions = {}): Promise<Plan> {
  const content = await readBounded(file, maxPlanBytes).catch((cause: unknown) => {
    const code = systemCode(cause);
    throw alone(
      file,
      code === "ENOENT"
        ? new PawlError("PLAN_FILE_NOT_FOUND", { file: quote(file) }, { cause })
        : new PawlError("PLAN_FILE_UNREADABLE", { file: quote(file), detail: code }, { cause }),
    );
  });
  if (content instanceof Refusal) {
    throw alone(
      file,
      content.reason === "too large" ? tooLarge(file, content.bytes) : notRegular(file, content.reason),
    );
  }
  return parsePlan(decode(content, file), { file, directory: dirname(resolve(file)), ...options });
}

/**
 * Text to Plan. Files that the plan names are looked for and read; nothing else outside the text is.
 * @throws PlanErrors with every problem found; exit status 65.
 */
export async function parsePlan(text: string, options: ParsePlanOptions): Promise<Plan> {
  const { file } = options;
  const bytes = Buffer.byteLength(text);
  if (bytes > maxPlanBytes) {
    throw alone(file, tooLarge(file, bytes));
  }
  const source = parseText(text.replace(/^\uFEFF/, ""), file);
  checkVersion(source);
  const problems = new Problems(file);
  const outline = sketch(source);
  takeTextAsTyped(outline, source);
  const written = checkShape(source, problems);
  checkReferences(outline, source, problems);
  checkMeaning(outline, source, problems);
  const attachments = await readAttachments(outline, options, source, problems);
  if (written === undefined || problems.any) {
    throw problems.asError();
  }
  return resolvePlan(written, resolve(file), attachments);
}

/** Another version may mean anything else by its keys, so nothing more is said about them. */
function checkVersion(source: PlanSource): void {
  const found = source.value(["pawl"]);
  if (found !== undefined && found !== 1) {
    const at = source.place(["pawl"]);
    throw alone(source.file, new PawlError("PLAN_VERSION", { found: quote(found) }, { at }));
  }
}

function decode(content: Buffer, file: string): string {
  if (isUtf8(content)) {
    return content.toString("utf8");
  }
  let line = 1;
  let start = 0;
  let end = content.indexOf("\n");
  // A line feed is never part of a longer character, so that each line can be looked at alone.
  while (end !== -1 && isUtf8(content.subarray(start, end))) {
    line++;
    start = end + 1;
    end = content.indexOf("\n", start);
  }
  throw alone(file, new PawlError("PLAN_NOT_UTF8", {}, { at: { file, line } }));
}

function tooLarge(file: string, bytes: number): PawlError {
  const values = { size: `${bytes} bytes`, limit: `${maxPlanBytes} bytes` };
  return new PawlError("PLAN_TOO_LARGE", values, { at: { file } });
}

function notRegular(file: string, reason: string): PawlError {
  return new PawlError("PLAN_FILE_UNREADABLE", { file: quote(file), detail: `it is ${reason}` });
}

function alone(file: string, error: PawlError): PlanErrors {
  return new PlanErrors(file, [error]);
}
