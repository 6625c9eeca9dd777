import { fromPromise, type PromiseActorLogic } from "xstate";
import { isDurableSystem } from "./xstate/system.ts";

/** When, and how often, a failed attempt of an effect is made again. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly max: number;
  /** Wait before the second attempt. Default 0. */
  readonly backoffMs?: number | undefined;
  /** What the wait is multiplied by each time. Default 2. */
  readonly factor?: number | undefined;
  /** The longest wait. Default 1 hour. */
  readonly maxBackoffMs?: number | undefined;
}

export interface EffectPolicy {
  readonly retry?: RetryPolicy | undefined;
  /** How long one attempt may take; then its signal fires and the attempt counts as failed. */
  readonly timeoutMs?: number | undefined;
  /** How long after its start an attempt of a crashed process may still be running elsewhere; a restart waits it out. */
  readonly leaseMs?: number | undefined;
  /** The idempotency key, from the input. Default: store id and number of the actor. */
  readonly key?: ((input: never) => string) | undefined;
}

/** What a durable effect knows of itself. */
export interface EffectInfo {
  /** The same for all attempts, for life: hand it to whatever must not happen twice (I3). */
  readonly key: string;
  /** Counts from 1; a restart after a crash raises it too. */
  readonly attempt: number;
}

export interface DurableArguments<TInput> {
  readonly input: TInput;
  readonly signal: AbortSignal;
  readonly effect: EffectInfo;
}

const policies = new WeakMap<object, EffectPolicy>();

/**
 * Gives a promise logic a policy of retries, time-outs and leases. Under plain XState the policy is not applied.
 *
 * @example durable({ retry: { max: 3, backoffMs: 1000 }, timeoutMs: 30_000 })(fromPromise(charge))
 */
export function durable(policy: EffectPolicy) {
  return <TOutput, TInput>(
    logic: PromiseActorLogic<TOutput, TInput> | ((args: DurableArguments<TInput>) => PromiseLike<TOutput>),
  ): PromiseActorLogic<TOutput, TInput> => {
    const source =
      typeof logic === "function"
        ? fromPromise<TOutput, TInput>((args) =>
            logic({
              input: args.input,
              signal: args.signal,
              effect: (args as { effect?: EffectInfo }).effect ?? { key: args.self.sessionId, attempt: 1 },
            }),
          )
        : { ...logic };
    policies.set(source, policy);
    return source as PromiseActorLogic<TOutput, TInput>;
  };
}

export function policyOf(logic: object): EffectPolicy | undefined {
  return policies.get(logic);
}

/** How long to wait before an attempt; undefined when there is none left. `failed` counts failed attempts. */
export function backoffBefore(retry: RetryPolicy | undefined, failed: number): number | undefined {
  if (retry === undefined || failed > retry.max) {
    return undefined;
  }
  const wait = (retry.backoffMs ?? 0) * (retry.factor ?? 2) ** (failed - 1);
  return Math.min(wait, retry.maxBackoffMs ?? 3_600_000);
}

type AnyAction = (args: never, params: never) => void;

/**
 * Puts a custom action off until what its transition changed is on disk (I2). It runs at most once: a crash between
 * commit and action loses it; what must not be lost is an effect. Under plain XState it runs at once.
 */
export function afterCommit<TAction extends AnyAction>(action: TAction): TAction {
  const wrapped = (args: { readonly system: object }, params: never): void => {
    const run = (): void => action(args as never, params);
    if (isDurableSystem(args.system)) {
      args.system.putOff(run);
    } else {
      run();
    }
  };
  return wrapped as unknown as TAction;
}
