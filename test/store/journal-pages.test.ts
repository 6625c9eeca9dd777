import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JournalPage, journalEntries, journalPages, journalRows } from "../../src/store/journal-pages.ts";
import type { JournalRow } from "../../src/store/port.ts";

const row = (seq: number, actorNo: number, event = "{}", delta = "{}"): JournalRow => ({
  seq,
  actorNo,
  at: 1,
  event,
  delta,
});

describe("pages of the journal", () => {
  test("give back every row as it was, in the order of each actor", () => {
    const rows = fc
      .array(fc.tuple(fc.nat({ max: 4 }), fc.json(), fc.json()), { maxLength: 60 })
      .map((all) =>
        all.map(([actorNo, event, delta], i) =>
          row(i + 1, actorNo, JSON.stringify(JSON.parse(event)), JSON.stringify(JSON.parse(delta))),
        ),
      );
    fc.assert(
      fc.property(rows, (written) => {
        const pages = journalPages(written);
        const read = pages.flatMap(journalRows).sort((a, b) => a.seq - b.seq);
        expect(read).toEqual(written);
        expect(pages.map(({ firstSeq }) => firstSeq)).toEqual(
          pages.map(({ firstSeq }) => firstSeq).sort((a, b) => a - b),
        );
        expect(new Set(pages.map(({ actorNo }) => actorNo)).size).toBe(pages.length);
      }),
    );
  });

  test("keep names that JavaScript knows better", () => {
    const event = '{"2":1,"type":"odd","__proto__":{"constructor":"x"}}';
    expect(journalPages([row(1, 1, event)]).flatMap(journalRows)).toEqual([row(1, 1, event)]);
  });

  test("end when they are long, and the next one goes on", () => {
    const long = JSON.stringify("x".repeat(40_000));
    const pages = journalPages([row(1, 1, long), row(2, 1, long), row(3, 2), row(4, 1, long)]);
    expect(pages.map(({ actorNo, firstSeq, lastSeq }) => [actorNo, firstSeq, lastSeq])).toEqual([
      [1, 1, 2],
      [2, 3, 3],
      [1, 4, 4],
    ]);
  });

  test.each<[string, Partial<JournalPage>]>([
    ["begins with another row", { firstSeq: 1 }],
    ["ends with another row", { lastSeq: 5 }],
    ["has rows out of order", { entries: "[[2,1,{},{}],[2,1,{},{}],[4,1,{},{}]]" }],
    ["has no rows", { entries: "[]" }],
  ])("are refused when one %s", (_, wrong) => {
    const page: JournalPage = { actorNo: 1, firstSeq: 2, lastSeq: 4, entries: "[[2,1,{},{}],[3,1,{},{}],[4,1,{},{}]]" };
    expect(journalEntries(page).map(([seq]) => seq)).toEqual([2, 3, 4]);
    expect(() => journalEntries({ ...page, ...wrong })).toThrow("has other entries");
  });
});
