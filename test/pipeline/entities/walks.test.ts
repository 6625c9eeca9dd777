import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnyActor, AnyEventObject, AnyMachineSnapshot } from "xstate";
import { catalogue, type EntityType, type MachineEntry } from "../../../machines/index.ts";
import { eventsOf, type Subject, subjects } from "../../../src/cli/machine-samples/subjects.ts";
import { entityBindings } from "../../../src/pipeline/entities/index.ts";
import { openRuntime } from "../../../src/runtime/index.ts";
import { domainComponent } from "../../../src/store/domain/index.ts";
import { Database } from "../../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../../src/store/sqlite/open.ts";
import { simulatedClock } from "../../../src/testing/simulated-clock.ts";
import { verifyState } from "../../../src/views/verify/index.ts";
import { entities, insert, newRow, tables } from "../../store/domain/raw.fixture.ts";

const content = new Uint8Array([1]);
const patch = { format: "git_diff", content, sha256: createHash("sha256").update(content).digest("hex") };
const machines = Object.fromEntries(
  Object.entries(entityBindings({ patchContent: () => patch })).map(([name, entity]) => [
    name,
    { logic: catalogue[name as EntityType].machine, entity },
  ]),
);

const isEnd = (type: string): boolean => /cancelled|^override_(?!reset|unblock)|shutdown_requested|crashed/.test(type);

/** Events of a walk: mostly what the actor would take and what keeps it going, often one that was never sent there. */
function chooser() {
  const tried = new Set<string>();
  return (events: readonly AnyEventObject[], snapshot: AnyMachineSnapshot, choice: number): AnyEventObject => {
    const taken = events.filter((event) => snapshot.can(event));
    const place = (event: AnyEventObject): string => `${stateOf(snapshot)} ${JSON.stringify(event)}`;
    const going = taken.filter(({ type }) => !isEnd(type));
    const untried = taken.filter((event) => !tried.has(place(event)));
    const wishes = [choice % 2 === 0 ? untried : [], choice % 11 === 0 ? events : [], going, taken, events];
    const from = wishes.find((wish) => wish.length > 0) ?? events;
    const event = from[choice % from.length] as AnyEventObject;
    tried.add(place(event));
    return event;
  };
}

async function openStore() {
  const file = join(mkdtempSync(join(tmpdir(), "pawl-walks-")), "pipeline.db");
  const clock = simulatedClock();
  const store = openSqlite({ file, durability: "normal", components: [domainComponent], clock });
  const db = new Database(file);
  insert(db, "runs", newRow("run", "r"));
  insert(db, "workstreams", { ...newRow("workstream", "r/w"), run_id: "r" });
  insert(db, "tasks", { ...newRow("task", "r/t"), workstream_id: "r/w" });
  const failures: unknown[] = [];
  const runtime = await openRuntime({ store, machines, clock, onFailure: (error) => failures.push(error) });
  return { file, store, db, clock, runtime, failures };
}

const leastWalks = 100;
const mostWalks = 1_000;
const stepsOfWalk = fc.array(fc.noBias(fc.nat(9_999)), { minLength: 25, maxLength: 25 });

test.each(entities)("whatever happens to a %s, its row follows and the database agrees", async (entity) => {
  const { file, store, db, clock, runtime, failures } = await openStore();
  const { table, key } = tables[entity];
  const rowOf = db.prepare<[string], Record<string, unknown>>(`SELECT * FROM ${table} WHERE ${key} = ?`);
  const chosen = chooser();
  const { transitions }: MachineEntry = catalogue[entity];
  const declared = transitions.map(({ from, to, trigger }) => `${from} > ${to} ${trigger}`);
  const left = new Set(declared);
  store.onCommitted((audits) => {
    for (const { from_state, to_state, trigger } of audits) {
      left.delete(`${from_state} > ${to_state} ${trigger}`);
    }
  });
  let made = 0;
  for (const choices of fc.sample(stepsOfWalk, { numRuns: mostWalks, seed: 7 })) {
    const subject = subjects[entity][made % subjects[entity].length] as Subject;
    made += 1;
    const id = `x${made}`;
    const actor = runtime.createActor(entity, { id, input: subject.input(id) } as never) as unknown as AnyActor;
    const now = () => actor.getSnapshot() as AnyMachineSnapshot;
    const events = eventsOf(entity, subject, id);
    for (const choice of choices) {
      clock.advance(1);
      if (now().status === "active") {
        actor.send(chosen(events, now(), choice));
      }
      // Some moves share a commit, some have their own.
      if (choice % 3 === 0) {
        await runtime.settled();
      }
    }
    await runtime.settled();
    expect(failures).toEqual([]);
    const row = rowOf.get(machines[entity]?.entity.idOf(id, now()) ?? "");
    expect([id, row?.["state"]]).toEqual([id, stateOf(now())]);
    if (made >= leastWalks && left.size === 0) {
      break;
    }
  }
  expect([...left]).toEqual([]);
  db.close();
  await runtime.close();
  store.close();
  // The rows that those of the walk refer to have no actors.
  const { faults } = verifyState(file, dirname(file));
  expect(faults.filter(({ row }) => row !== undefined)).toEqual([]);
  rmSync(dirname(file), { recursive: true });
});

const stateOf = ({ value }: AnyMachineSnapshot): string =>
  typeof value === "string" ? value : String(Object.keys(value)[0]);
