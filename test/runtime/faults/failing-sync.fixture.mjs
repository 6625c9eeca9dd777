// Delivers three events; after the first, syncs fail. Tells in JSON what came of each. Arguments: database, marker,
// after how many events a thread of its own writes.
import { writeFileSync } from "node:fs";
import { openRuntime, openSqlite } from "./compiled.fixture.mjs";
import { lamp } from "./lamp.fixture.mjs";

const [file, marker, threadAfterEvents] = process.argv.slice(2);
const told = [];
const runtime = await openRuntime({
  store: openSqlite({ file, threadAfterEvents: Number(threadAfterEvents) }),
  machines: { lamp },
  onFailure: (error) => told.push(`failure ${error.code}`),
});
const actor = runtime.createActor("lamp", { id: "l" });
const deliver = () =>
  actor.deliver({ type: "flip" }).then(
    () => told.push("acknowledged"),
    (error) => told.push(error.code),
  );
await deliver();
writeFileSync(marker, "");
await deliver();
await deliver();
process.stdout.write(JSON.stringify(told));
process.exit();
