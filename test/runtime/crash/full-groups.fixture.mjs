// Counts as fast as it can, from where it was, in turns of 2,500 events: commits are on their way one behind the other.
// The number that was acknowledged it prints, a line each; it never ends by itself. Compiled code. Argument: the file.
import { join } from "node:path";
import { assign, setup } from "xstate";

const { openRuntime } = await import(join(import.meta.dirname, "..", "..", "..", "dist", "src", "runtime", "index.js"));

const tally = setup({}).createMachine({
  context: { n: 0 },
  initial: "counting",
  states: {
    counting: {
      on: {
        COUNT: [
          { guard: ({ context, event }) => event.n === context.n + 1, actions: assign({ n: ({ event }) => event.n }) },
          { target: "skipped" },
        ],
      },
    },
    // A number is missing, or came twice.
    skipped: {},
  },
});

const runtime = await openRuntime({ file: process.argv[2], machines: { tally } });
const actor = runtime.createActor("tally", { id: "t" });
for (let { n } = actor.getSnapshot().context; ; ) {
  for (let i = 1; i < 2_500; i += 1) {
    n += 1;
    actor.send({ type: "COUNT", n });
  }
  n += 1;
  const told = n;
  void actor.deliver({ type: "COUNT", n }).then(() => process.stdout.write(`${told}\n`));
  await new Promise((resolve) => setImmediate(resolve));
}
