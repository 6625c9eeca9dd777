import { fromPromise, type PromiseActorLogic } from "xstate";
import { type EffectPolicy, type RetryPolicy, refuseBadPolicy, refuseNoPromise } from "./effect-policy.ts";
import { isDurableSystem } from "./xstate/system.ts";

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
 * Gives a promise logic a policy of retries, time-outs and leases. Around a function it hands over the idempotency key
 * and the attempt too. Under plain XState the policy is not applied.
 *
 * @throws PawlError EFFECT_POLICY_INVALID
 * @example durable({ retry: { max: 3, backoffMs: 1000 }, timeoutMs: 30_000 })(fromPromise(charge))
 * @example durable({ retry: { max: 3 } })(({ input, signal, effect }) => charge(input, effect.key, signal))
 */
export function durable(policy: EffectPolicy) {
  refuseBadPolicy(policy);
  return <TOutput, TInput>(
    logic: PromiseActorLogic<TOutput, TInput> | ((args: DurableArguments<TInput>) => PromiseLike<TOutput>),
  ): PromiseActorLogic<TOutput, TInput> => {
    refuseNoPromise(logic);
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
  // After a thousand attempts the power is infinite, and nothing times it no number.
  const times = Math.min((retry.factor ?? 2) ** (failed - 1), Number.MAX_VALUE);
  return Math.min((retry.backoffMs ?? 0) * times, retry.maxBackoffMs ?? 3_600_000);
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
