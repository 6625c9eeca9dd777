// A load of machines with children, timers and effects on one file, that goes on where it was when it is started
// again. Compiled code, for a fast start. What was acknowledged to it, it appends to `acks.txt`:
//   D job round           a delivery resolved
//   B job round attempt   an attempt of an effect began
//   E job round nonce     a result was seen after its commit
// Arguments: folder, number of jobs, rounds, seed.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assign, sendTo, setup, waitFor } from "xstate";

const root = join(import.meta.dirname, "..", "..", "..");
const load = (path) => import(join(root, "dist", "src", path));
const [{ afterCommit, durable, openRuntime }, { openSqlite }, { followTransitions }] = await Promise.all(
  ["runtime/index.js", "store/sqlite/open.js", "store/transitions-file.js"].map(load),
);

const [folder, jobs, rounds, seed] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const acks = join(folder, "acks.txt");
const acknowledge = (...words) => appendFileSync(acks, `${words.join(" ")}\n`);

/** The same delay for the same effect in every process. */
const delayOf = (job, round) => (Number(job.split("-")[1]) * 7 + round * 13 + seed) % 5;

const compute = durable({ retry: { max: 3, backoffMs: 1 } })(async ({ input, effect }) => {
  acknowledge("B", input.job, input.round, effect.attempt);
  await new Promise((resolve) => setTimeout(resolve, delayOf(input.job, input.round)));
  if (input.round % 3 === 0 && effect.attempt === 1) {
    throw new Error("not at the first attempt");
  }
  // Differs in each attempt, so that a result that was made again is seen.
  return `${process.pid}.${effect.attempt}`;
});

const meter = setup({}).createMachine({
  context: { bumps: 0 },
  initial: "even",
  on: { BUMP: { actions: assign({ bumps: ({ context }) => context.bumps + 1 }) } },
  states: {
    even: { on: { BUMP: { target: "odd", actions: assign({ bumps: ({ context }) => context.bumps + 1 }) } } },
    odd: { on: { BUMP: { target: "even", actions: assign({ bumps: ({ context }) => context.bumps + 1 }) } } },
  },
});

const courier = setup({}).createMachine({
  initial: "out",
  states: { out: { after: { 2: "back" } }, back: { type: "final" } },
});

const job = setup({ actors: { compute, meter, courier } }).createMachine({
  context: ({ input }) => ({ job: input.job, rounds: input.rounds, seen: [], results: [] }),
  invoke: { id: "meter", src: "meter" },
  initial: "idle",
  states: {
    idle: {
      always: { guard: ({ context }) => context.results.length === context.rounds, target: "finished" },
      on: {
        WORK: { target: "working", actions: assign({ seen: ({ context, event }) => [...context.seen, event.round] }) },
      },
    },
    working: {
      invoke: {
        id: "compute",
        src: "compute",
        input: ({ context }) => ({ job: context.job, round: context.seen.length }),
        onDone: {
          target: "sending",
          actions: [
            assign({ results: ({ context, event }) => [...context.results, event.output] }),
            afterCommit(({ context, event }) => acknowledge("E", context.job, context.seen.length, event.output)),
            sendTo("meter", { type: "BUMP" }),
          ],
        },
      },
    },
    sending: { invoke: { id: "courier", src: "courier", onDone: "resting" } },
    resting: { after: { 1: "idle" } },
    finished: { type: "final" },
  },
});

const store = openSqlite({ file: join(folder, "load.db") });
const end = followTransitions(store, { file: join(folder, "transitions.jsonl"), maxBytes: 65_536 });
const runtime = await openRuntime({ store, machines: { job } });
process.stdout.write("open\n");

const delivered = new Map();
for (const line of existsSync(acks) ? readFileSync(acks, "utf8").split("\n") : []) {
  const [kind, id, round] = line.split(" ");
  if (kind === "D") {
    delivered.set(id, Math.max(delivered.get(id) ?? 0, Number(round)));
  }
}

async function drive(id) {
  const actor = runtime.createActor("job", { id, input: { job: id, rounds } });
  // The last one that was acknowledged is sent again: it must change nothing.
  for (let round = Math.max(1, delivered.get(id) ?? 1); round <= rounds; round += 1) {
    if (round > (delivered.get(id) ?? 0)) {
      await waitFor(actor, (snapshot) => snapshot.status !== "active" || snapshot.matches("idle"));
    }
    await actor.deliver({ type: "WORK", round }, { idempotencyKey: `${id}:${round}` });
    acknowledge("D", id, round);
  }
  await waitFor(actor, (snapshot) => snapshot.status !== "active");
}

await Promise.all(Array.from({ length: jobs }, (_, index) => drive(`job-${index + 1}`)));
await runtime.close();
end();
store.close();
process.stdout.write("done\n");
