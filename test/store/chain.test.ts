import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/base/canonical-json.ts";
import { auditHash, chainStart, commitHash } from "../../src/store/chain.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const text = fc.string({ unit: "grapheme" });
const perhaps = fc.option(text);
const object = fc.dictionary(text, fc.jsonValue()) as fc.Arbitrary<Record<string, unknown>>;
const audit = fc.record({
  event_id: text,
  event_type: text,
  entity_type: text,
  entity_id: text,
  from_state: text,
  to_state: text,
  trigger: text,
  reason: perhaps,
  severity: text,
  operator: perhaps,
  metadata: object,
  context: object,
  evidence: fc.option(fc.array(object)),
  transitioned_at: text,
});

test("the hash of an event is that of the one before it and its canonical JSON, which stores of every age have", () => {
  fc.assert(
    fc.property(audit, (row) => {
      const found = auditHash(chainStart, row as never, canonicalJson(row.metadata), canonicalJson(row.context));
      expect(found).toBe(sha256(chainStart + canonicalJson(row)));
    }),
  );
});

test("the hash of a commit is that of its head and all its pages, however long they are", () => {
  const page = fc.record({ actorNo: fc.nat(), firstSeq: fc.nat(), lastSeq: fc.nat(), entries: text });
  const head = { at: 1_700_000_000_000, fence: 3, audit_head: sha256("head") };
  fc.assert(
    fc.property(fc.array(page, { maxLength: 5 }), fc.integer({ min: 1, max: 30_000 }), (short, times) => {
      const pages = short.map((each) => ({ ...each, entries: each.entries.repeat(times) }));
      const said = pages.map((each) => `${each.actorNo} ${each.firstSeq} ${each.lastSeq}\n${each.entries}\n`).join("");
      const first = `${chainStart} ${head.at} ${head.fence} ${head.audit_head}\n`;
      expect(commitHash(chainStart, head, pages)).toBe(sha256(first + said));
    }),
  );
});
