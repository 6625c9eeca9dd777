// Makes ten commits, one after the other, and prints how often SQLite's log was synced meanwhile. Arguments: database,
// durability ("" for that which a store has by itself), after how many events a thread of its own writes. COUNTED_SYNCS
// names the list of the syncs.
import { existsSync, readFileSync } from "node:fs";
import { Database, openRuntime, openSqlite } from "../../runtime/faults/compiled.fixture.mjs";
import { lamp } from "../../runtime/faults/lamp.fixture.mjs";

const [file, durability, threadAfterEvents] = process.argv.slice(2);
const list = process.env.COUNTED_SYNCS;
const syncs = () =>
  existsSync(list)
    ? readFileSync(list, "utf8")
        .split("\n")
        .filter((name) => name === `${file}-wal`).length
    : 0;

const store = openSqlite({ file, durability: durability || undefined, threadAfterEvents: Number(threadAfterEvents) });
const runtime = await openRuntime({ store, machines: { lamp } });
const actor = runtime.createActor("lamp", { id: "l" });
await runtime.settled();
// What has been written so far is folded now: else the thread may do it among the ten. The commit after it begins the
// log anew, which is a sync of its own.
new Database(file).pragma("wal_checkpoint(PASSIVE)");
await actor.deliver({ type: "flip" });
const before = syncs();
for (let n = 0; n < 10; n += 1) {
  await actor.deliver({ type: "flip" });
}
process.stdout.write(String(syncs() - before));
process.exit();
