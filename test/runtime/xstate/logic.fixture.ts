import { type AnyActorLogic, type AnyActorRef, createActor, createMachine } from "xstate";
import { type InternalActor, type InternalLogic, internal } from "../../../src/runtime/xstate/internals.ts";

export const asLogic = (logic: AnyActorLogic): InternalLogic => logic as unknown as InternalLogic;

export const made = (logic: AnyActorLogic, options?: object): InternalActor =>
  internal(createActor(logic, options) as AnyActorRef);

export const idle = createMachine({ initial: "a", states: { a: { on: { GO: "b" } }, b: {} } });
