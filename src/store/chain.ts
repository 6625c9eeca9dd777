import { createHash, type Hash, hash as hashOnce } from "node:crypto";
import { canonicalJson } from "../base/canonical-json.ts";
import type { JournalPage } from "./journal-pages.ts";
import type { AuditRow } from "./port.ts";

/** The hash before the first. */
export const chainStart = "0".repeat(64);

/** Names of states and triggers come again and again; what JSON makes of them is kept for a while. */
const quoted = new Map<string, string>();

function quote(text: string | null): string {
  if (text === null) {
    return "null";
  }
  let json = quoted.get(text);
  if (json === undefined) {
    json = JSON.stringify(text);
    if (quoted.size > 4_096) {
      quoted.clear();
    }
    quoted.set(text, json);
  }
  return json;
}

/** An audit event with its parts as the JSON that is stored. */
export type AuditText = Omit<AuditRow, "metadata" | "context" | "evidence"> & {
  readonly metadata: string;
  readonly context: string;
  readonly evidence: string | null;
};

/** {@link auditTextHash} of an event whose evidence is not yet text. */
export function auditHash(prevHash: string, row: AuditRow, metadata: string, context: string): string {
  const evidence = row.evidence === null ? null : canonicalJson(row.evidence);
  return auditTextHash(prevHash, { ...row, metadata, context, evidence });
}

/**
 * Hash of one audit event: sha256 over the hash before it and the canonical JSON of the event (I7, §8.5.2).
 * The members are written out in sorted order, which is what canonicalJson would give, three times faster.
 */
export function auditTextHash(prevHash: string, row: AuditText): string {
  // Joined at once: each + would leave a piece for the garbage collector.
  const text = [
    prevHash,
    '{"context":',
    row.context,
    ',"entity_id":',
    quote(row.entity_id),
    ',"entity_type":',
    quote(row.entity_type),
    ',"event_id":',
    JSON.stringify(row.event_id),
    ',"event_type":',
    quote(row.event_type),
    ',"evidence":',
    row.evidence ?? "null",
    ',"from_state":',
    quote(row.from_state),
    ',"metadata":',
    row.metadata,
    ',"operator":',
    quote(row.operator),
    ',"reason":',
    quote(row.reason),
    ',"severity":',
    quote(row.severity),
    ',"to_state":',
    quote(row.to_state),
    ',"transitioned_at":',
    JSON.stringify(row.transitioned_at),
    ',"trigger":',
    quote(row.trigger),
    "}",
  ];
  return hashOnce("sha256", text.join(""));
}

/** What a commit says of itself. */
export interface CommitHead {
  readonly at: number;
  readonly fence: number;
  readonly audit_head: string;
}

/** Long enough that the calls cost nothing, short enough to be no matter of memory. */
const digestedAtOnce = 65_536;

/** Hash of one commit: over the hash before it, its moment and claim, the head of the audit chain, its journal pages. */
export function commitHash(prevHash: string, head: CommitHead, pages: Iterable<JournalPage>): string {
  let hash: Hash | undefined;
  let text = `${prevHash} ${head.at} ${head.fence} ${head.audit_head}\n`;
  for (const { actorNo, firstSeq, lastSeq, entries } of pages) {
    text += `${actorNo} ${firstSeq} ${lastSeq}\n${entries}\n`;
    if (text.length > digestedAtOnce) {
      hash ??= createHash("sha256");
      hash.update(text);
      text = "";
    }
  }
  // Most commits are small, and an object of OpenSSL's is dear to make and to collect.
  return hash === undefined ? hashOnce("sha256", text) : hash.update(text).digest("hex");
}
