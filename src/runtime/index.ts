/** `pawl/runtime`: durable XState actors, for any machine. Knows nothing of pipelines. */
export { GuardRejected, InvalidTransitionError, PawlError, TerminalStateViolation } from "../base/errors/index.ts";
export type { Ids } from "../base/ids.ts";
export type { Clock } from "../base/time.ts";
export type { ActorFilter } from "../store/port.ts";
export type { DeliverOptions } from "./deliver.ts";
export {
  afterCommit,
  type DurableArguments,
  durable,
  type EffectInfo,
} from "./durable.ts";
export type { EffectPolicy, RetryPolicy } from "./effect-policy.ts";
export type { AuditNote, EntityAudit, EntityBinding, EntityRow, EntityStep } from "./entity.ts";
export type { HistoryEntry, PastSnapshot } from "./history.ts";
export type { InspectorFeed, InspectorOptions } from "./inspector.ts";
export type { Migrate, Migrations, StoredSnapshot } from "./migrations.ts";
export type { RuntimeOptions } from "./options.ts";
export type { MachineMap, MachineRegistration } from "./registry.ts";
export { type ListedActor, openRuntime, type Runtime } from "./runtime.ts";
export type { DurableActor, DurableActorOptions } from "./types.ts";
