import { describe, expect, test } from "vitest";
import { type AnyEventObject, createActor, type StateValue } from "xstate";
import { catalogue, type EntityType, eventFault, type MachineEntry, nextTransitions } from "../../machines/index.ts";
import { InvalidTransitionError } from "../../src/base/errors/index.ts";
import { samplesOf } from "../../src/cli/machine-samples/samples.ts";
import { validateTransition } from "../../src/store/domain/validate.ts";
import {
  bareMachine,
  coverageOf,
  type MachinePath,
  pathsFor,
  replayPath,
  simulatedClock,
} from "../../src/testing/index.ts";
import { movesObserver } from "./moves.fixture.ts";
import { alone, durableMachine, rowOfMachine } from "./three-ways.fixture.ts";

const entities = Object.keys(catalogue) as EntityType[];
const sets = new Map(
  entities.map((entity) => [
    entity,
    pathsFor(catalogue[entity].machine, {
      cover: "transitions",
      ...samplesOf(entity),
    }),
  ]),
);
const pathsOf = (entity: EntityType): readonly MachinePath[] => sets.get(entity)?.paths ?? [];
const outermost = (value: StateValue): string => (typeof value === "string" ? value : (Object.keys(value)[0] ?? ""));
const inOutermost = ({ steps, start, ...path }: MachinePath): MachinePath => ({
  ...path,
  start: outermost(start),
  steps: steps.map((step) => ({ ...step, value: outermost(step.value) })),
});

describe.each(entities)("the generated paths of %s", (entity) => {
  test("cover all of its states and transitions", () => {
    const { states, transitions } = coverageOf(catalogue[entity].machine, pathsOf(entity));
    expect(states.missing).toEqual([]);
    expect(transitions.missing).toEqual([]);
  });

  test("send events with the payloads that are taken from outside", () => {
    const sent = pathsOf(entity).flatMap(({ steps }) => steps.map(({ event }) => event));
    expect(sent.flatMap((event) => eventFault(entity, event) ?? [])).toEqual([]);
  });

  test.each(pathsOf(entity).map((path) => [path.title, path] as const))("bare: %s", async (_, path) => {
    await expect(replayPath(path, bareMachine(catalogue[entity].machine))).resolves.toBeUndefined();
  });

  test.each(pathsOf(entity).map((path) => [path.title, path] as const))(
    "durable, restarted after each event: %s",
    async (_, path) => {
      await expect(replayPath(path, durableMachine(entity))).resolves.toBeUndefined();
    },
  );

  test.each(pathsOf(entity).map((path) => [path.title, path] as const))("as SQL: %s", async (_, path) => {
    await expect(replayPath(inOutermost(path), rowOfMachine(entity))).resolves.toBeUndefined();
  });
});

/** Outermost moves that a path makes. */
function movesOf({ start, steps }: MachinePath): string[] {
  const places = [start, ...steps.map(({ value }) => value)].map(outermost);
  return places.slice(1).map((to, index) => `${places[index]} > ${to}`);
}

describe.each(entities)("pairs that %s does not declare", (entity) => {
  const { states, transitions }: MachineEntry = catalogue[entity];
  const names = states.map(({ name }) => name);
  const undeclared = names.flatMap((from) =>
    names
      .filter((to) => to !== from && !transitions.some((one) => one.from === from && one.to === to))
      .map((to) => [from, to] as const),
  );

  test("are refused by the one door for transitions, terminal ones first", () => {
    const passed = undeclared.filter(([from, to]) => {
      try {
        validateTransition(entity, from, to);
        return true;
      } catch (error) {
        return !(error instanceof InvalidTransitionError);
      }
    });
    expect(undeclared.length).toBeGreaterThan(0);
    expect(passed).toEqual([]);
  });

  test("are made by no event, in whatever place of the paths it comes", () => {
    const { inspect, undeclared: made, moves } = movesObserver();
    const samples = Object.entries(samplesOf(entity).events ?? {}).flatMap(([type, payloads]) =>
      [payloads].flat().map((payload): AnyEventObject => ({ ...payload, type })),
    );
    for (const { input, steps } of pathsOf(entity)) {
      for (const length of steps.keys()) {
        for (const event of samples) {
          const actor = createActor(alone(catalogue[entity]), { input, inspect, clock: simulatedClock() });
          actor.subscribe({ error: () => undefined });
          actor.start();
          for (const step of steps.slice(0, length)) {
            actor.send(step.event);
          }
          actor.send(event);
          actor.stop();
        }
      }
    }
    expect(moves()).toBeGreaterThan(50);
    expect(made).toEqual([]);
  });

  test("are made by no path, unless by way of declared ones", () => {
    const reachable = (from: string): Set<string> => {
      const found = new Set<string>();
      const open = [from];
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        for (const { to } of nextTransitions(entity, at)) {
          if (!found.has(to)) {
            found.add(to);
            open.push(to);
          }
        }
      }
      return found;
    };
    const strange = pathsOf(entity)
      .flatMap(movesOf)
      .filter((move) => {
        const [from = "", to = ""] = move.split(" > ");
        return from !== to && !reachable(from).has(to);
      });
    expect(strange).toEqual([]);
  });
});
