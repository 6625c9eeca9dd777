// Holds a store, with a claim that lasts for a short time, and takes what it is told on its input: `take TEXT`. Tells in
// lines: `open`, `took TEXT`, `refused CODE`, `failure CODE`. Arguments: database, how long its claim lasts, after
// how many events a thread of its own writes.
import { createInterface } from "node:readline";
import { openRuntime, openSqlite } from "./compiled.fixture.mjs";
import { tally } from "./tally.fixture.mjs";

const tell = (...words) => process.stdout.write(`${words.join(" ")}\n`);

const [file, ...numbers] = process.argv.slice(2);
const [claimMs, threadAfterEvents] = numbers.map(Number);
const store = openSqlite({ file, claimMs, threadAfterEvents });
const onFailure = (error) => tell("failure", error.code);
const runtime = await openRuntime({ store, machines: { tally }, onFailure });
const actor = runtime.createActor("tally", { id: "t" });
await runtime.settled();
tell("open");
for await (const line of createInterface({ input: process.stdin })) {
  const text = line.replace("take ", "");
  await actor.deliver({ type: "TAKE", text }).then(
    () => tell("took", text),
    (error) => tell("refused", error.code),
  );
}
await runtime.close();
store.close();
tell("closed");
