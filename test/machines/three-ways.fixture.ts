/** Two more subjects for the paths of a machine: a durable actor that is restarted after each event, and its row. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyStateMachine,
  createMachine,
  fromPromise,
  type StateValue,
} from "xstate";
import { catalogue, type EntityType, type MachineEntry } from "../../machines/index.ts";
import { sampleId } from "../../src/cli/machine-samples/samples.ts";
import { entityBindings } from "../../src/pipeline/entities/index.ts";
import { openRuntime } from "../../src/runtime/index.ts";
import { domainComponent } from "../../src/store/domain/index.ts";
import type { Store } from "../../src/store/port.ts";
import { Database } from "../../src/store/sqlite/driver.ts";
import { openSqlite } from "../../src/store/sqlite/open.ts";
import { type PathSubject, type SubjectFactory, simulatedClock } from "../../src/testing/index.ts";
import { insert, newRow, tables } from "../store/domain/raw.fixture.ts";

const content = new Uint8Array([1]);
const patch = { format: "git_diff", content, sha256: createHash("sha256").update(content).digest("hex") };
const bindings = entityBindings({ patchContent: () => patch });

/** The machine with children and effects that never act: what they would say comes as an event of the path. */
export function alone({ machine }: MachineEntry): AnyStateMachine {
  const actors = Object.entries(machine.implementations.actors as Record<string, AnyActorLogic>);
  const silent = actors.map(([name, logic]): [string, AnyActorLogic] => [
    name,
    "getTransitionData" in logic
      ? createMachine({ id: name, initial: "silent", states: { silent: {} } })
      : fromPromise(() => new Promise(() => undefined)),
  ]);
  return machine.provide({ actors: Object.fromEntries(silent) });
}

interface Opened {
  readonly folder: string;
  readonly store: Store;
  readonly open: () => ReturnType<typeof openRuntime>;
}

function openStore(entity: EntityType, withRows: boolean): Opened {
  const folder = mkdtempSync(join(tmpdir(), "pawl-paths-"));
  const clock = simulatedClock();
  const file = join(folder, "pipeline.db");
  const store = openSqlite({ file, durability: "normal", components: [domainComponent], clock });
  const logic = alone(catalogue[entity]);
  const machines = { [entity]: withRows ? { logic, entity: bindings[entity] } : logic };
  return { folder, store, open: () => openRuntime({ store, machines, clock }) };
}

/** The machine as a durable actor on a file; after each event the process ends, and another one goes on. */
export function durableMachine(entity: EntityType): SubjectFactory {
  return async ({ input }): Promise<PathSubject> => {
    const { folder, store, open } = openStore(entity, false);
    let runtime = await open();
    const restart = async (): Promise<void> => {
      await runtime.settled();
      runtime.halt();
      runtime = await open();
    };
    const actor = (): AnyActorRef => runtime.actor("subject") as AnyActorRef;
    return {
      async start() {
        runtime.createActor(entity, { id: "subject", input } as never);
        await restart();
      },
      async send(event) {
        actor().send(event);
        await restart();
      },
      state: () => (actor().getSnapshot() as { value: StateValue }).value,
      async stop() {
        await runtime.close();
        store.close();
        rmSync(folder, { recursive: true });
      },
    };
  };
}

/** The machine's row in the domain's tables, written through constraints and triggers, and read as SQL. */
export function rowOfMachine(entity: EntityType): SubjectFactory {
  return async ({ input }): Promise<PathSubject> => {
    const { folder, store, open } = openStore(entity, true);
    const db = new Database(join(folder, "pipeline.db"));
    insertParents(db);
    const { table, key } = tables[entity];
    const before = new Set(db.prepare(`SELECT ${key} FROM ${table}`).pluck().all());
    const runtime = await open();
    return {
      async start() {
        runtime.createActor(entity, { id: sampleId, input } as never);
        await runtime.settled();
      },
      async send(event) {
        runtime.actor(sampleId)?.send(event);
        await runtime.settled();
      },
      state() {
        const rows = db.prepare(`SELECT ${key} AS id, state FROM ${table}`).all() as { id: string; state: string }[];
        return rows.find(({ id }) => !before.has(id))?.state ?? "no row";
      },
      async stop() {
        db.close();
        await runtime.close();
        store.close();
        rmSync(folder, { recursive: true });
      },
    };
  };
}

/** What the rows of the samples refer to. */
function insertParents(db: Database): void {
  insert(db, "runs", newRow("run", "r"));
  insert(db, "workstreams", { ...newRow("workstream", "r/w"), run_id: "r" });
  insert(db, "tasks", { ...newRow("task", "r/t"), workstream_id: "r/w" });
}
