import { PawlError } from "../base/errors/index.ts";
import type { Clock } from "../base/time.ts";
import { startTimer } from "../base/timer.ts";
import { backoffBefore, type EffectInfo, policyOf } from "./durable.ts";
import { keyText } from "./effect-policy.ts";
import type { Group } from "./group.ts";
import { type EffectState, type Live, liveOf } from "./live.ts";
import { type ActorScope, processing, promiseRejected, promiseResolved } from "./xstate/internals.ts";

export interface EffectsContext {
  readonly clock: Clock;
  readonly storeId: string;
  /** Now, in milliseconds since 1970; never before what was recorded last. */
  recordedMs(): number;
  group(): Group;
  isOpen(): boolean;
  schedule(): void;
  armRetry(live: Live, delayMs: number): void;
}

type PromiseCreator = (args: {
  readonly input: unknown;
  readonly self: unknown;
  readonly system: unknown;
  readonly signal: AbortSignal;
  readonly emit: unknown;
  readonly effect: EffectInfo;
}) => unknown;

const wasAbandoned = ({ reason }: AbortSignal): boolean =>
  reason instanceof PawlError && reason.code === "EFFECT_TIMED_OUT";

/** Runs promise actors as durable effects: begun after the commit that asked for them, settled once (I2, I3). */
export class Effects {
  readonly #context: EffectsContext;
  readonly #running = new Set<EffectState>();

  constructor(context: EffectsContext) {
    this.#context = context;
  }

  /** Puts the start, or the next attempt, into the coming commit. */
  request(live: Live): void {
    const effect = this.#stateOf(live);
    effect.attempt += 1;
    effect.requestedAt = this.#context.recordedMs();
    this.#write(live, effect, "requested");
    this.#context.group().begin.push(live);
    this.#context.schedule();
  }

  /** An effect that stands in the store already, from before a restart. */
  recall(live: Live, stored: { key: string; attempt: number; failures: number; requestedAt: number }): void {
    live.effect = { ...stored, policy: policyOf(live.logic) ?? {}, controller: undefined };
  }

  /** To be called after the commit. */
  begin(live: Live): void {
    const effect = live.effect;
    if (effect === undefined || !isActive(live)) {
      return;
    }
    const controller = new AbortController();
    effect.controller = controller;
    this.#running.add(effect);
    const attempt = effect.attempt;
    const { actor } = live;
    const scope: ActorScope = actor._actorScope;
    const create = live.logic.config as PromiseCreator;
    const args = {
      input: (actor.getSnapshot() as { input?: unknown }).input,
      self: actor,
      system: actor.system,
      signal: controller.signal,
      emit: scope.emit,
      effect: { key: effect.key, attempt },
    };
    let cancelTimeout: (() => void) | undefined;
    const { timeoutMs } = effect.policy;
    const limit =
      timeoutMs === undefined
        ? []
        : [
            new Promise<never>((_, reject) => {
              cancelTimeout = startTimer(this.#context.clock, timeoutMs, () => {
                const error = new PawlError("EFFECT_TIMED_OUT", { effect: effect.key, timeoutMs, attempt });
                controller.abort(error);
                reject(error);
              });
              // Nobody waits for it any more: what pays no heed would keep the process alive until then.
              controller.signal.addEventListener("abort", () => cancelTimeout?.());
            }),
          ];
    const work = new Promise((resolve) => resolve(create(args)));
    if (timeoutMs !== undefined) {
      this.#watchAbandoned(work, effect, attempt, controller.signal);
    }
    Promise.race([work, ...limit])
      .then(
        (output) => this.#settle(live, effect, attempt, true, output),
        (error: unknown) => this.#settle(live, effect, attempt, false, error),
      )
      .finally(() => cancelTimeout?.());
  }

  /** The actor was stopped: its signal fires, what comes later is only recorded. */
  stopped(live: Live): void {
    const { effect } = live;
    if (effect !== undefined) {
      effect.controller?.abort();
      this.#running.delete(effect);
      this.#write(live, effect, "stopped");
    }
  }

  settled(live: Live): void {
    if (live.effect !== undefined) {
      this.#running.delete(live.effect);
      this.#write(live, live.effect, "settled");
    }
  }

  /** The runtime closes: signals fire, results are not waited for; the next start makes another attempt. */
  abortAll(): void {
    for (const effect of this.#running) {
      effect.controller?.abort();
    }
    this.#running.clear();
  }

  #settle(live: Live, effect: EffectState, attempt: number, fulfilled: boolean, value: unknown): void {
    if (!this.#context.isOpen()) {
      return;
    }
    if (!isActive(live) || attempt !== effect.attempt) {
      this.#recordLate(effect, attempt, fulfilled ? "resolved" : "rejected");
      return;
    }
    if (!fulfilled) {
      effect.failures += 1;
      const waitMs = backoffBefore(effect.policy.retry, effect.failures);
      if (waitMs !== undefined) {
        this.#running.delete(effect);
        this.#write(live, effect, "requested");
        this.#context.armRetry(live, waitMs);
        this.#context.schedule();
        return;
      }
    }
    const event = { type: fulfilled ? promiseResolved : promiseRejected, data: value };
    live.actor.system._relay(live.actor, live.actor, event);
  }

  /** A result that comes after its attempt timed out is recorded, not used. */
  #watchAbandoned(work: Promise<unknown>, effect: EffectState, attempt: number, signal: AbortSignal): void {
    const late = (outcome: string) => () => {
      if (wasAbandoned(signal) && this.#context.isOpen()) {
        this.#recordLate(effect, attempt, outcome);
      }
    };
    work.then(late("resolved"), late("rejected"));
  }

  #recordLate(effect: EffectState, attempt: number, outcome: string): void {
    const at = this.#context.recordedMs();
    this.#context.group().lateSettlements.push({ effectKey: effect.key, attempt, outcome, at });
    this.#context.schedule();
  }

  #stateOf(live: Live): EffectState {
    if (live.effect === undefined) {
      const policy = policyOf(live.logic) ?? {};
      const input = (live.actor.getSnapshot() as { input?: unknown }).input;
      const key = keyText(policy.key?.(input as never) ?? `${this.#context.storeId}:${live.no}`);
      live.effect = { key, policy, attempt: 0, failures: 0, requestedAt: 0, controller: undefined };
    }
    return live.effect;
  }

  #write(live: Live, effect: EffectState, status: "requested" | "settled" | "stopped"): void {
    const lease = effect.policy.leaseMs ?? 0;
    this.#context.group().setEffect({
      actorNo: live.no,
      key: effect.key,
      attempt: effect.attempt,
      failures: effect.failures,
      status,
      requestedAt: effect.requestedAt,
      leaseUntil: status === "requested" && lease > 0 ? effect.requestedAt + lease : 0,
    });
  }
}

function isActive(live: Live): boolean {
  const { actor } = live;
  return (
    actor._processingStatus === processing.running && actor.getSnapshot().status === "active" && liveOf(actor) === live
  );
}
