import { defineErrors } from "./define.ts";

export const runtimeErrors = defineErrors({
  ACTOR_ID_INVALID: {
    exit: 2,
    http: 400,
    message: "{id} cannot be the id of an actor: {fault}",
    fix: "Choose a text of 1 to {most} printable characters.",
  },
  SYSTEM_ID_INVALID: {
    exit: 2,
    http: 400,
    message: "{actor}: {systemId} cannot be a systemId, which is a text",
    fix: "Name it with a text, or leave systemId out.",
  },
  IDEMPOTENCY_KEY_INVALID: {
    exit: 2,
    http: 400,
    message: "{actor}: {key} cannot be an idempotencyKey: {fault}",
    fix: "Nothing was delivered. Choose a text of 1 to {most} printable characters, or leave it out.",
  },
  OPTION_NOT_DURABLE: {
    exit: 2,
    http: 400,
    message: "{actor}: a durable actor has no {option} of its own",
    fix: "{instead}",
  },
  OPTIONS_INVALID: {
    exit: 2,
    http: 400,
    message: "{place} does not take {what}",
    fix: "Nothing was done. Its options are {known}.",
  },
  NOTE_INVALID: {
    exit: 2,
    http: 400,
    message: "{actor}: a note cannot have {value} as its {member}",
    fix: "Nothing was written. Its type is manual_override, error or warning; trigger and reason are texts, and so is operator where there is one.",
  },
  CONTEXT_TOO_LARGE: {
    exit: 2,
    http: 413,
    message: "{actor}: {what} has {characters} characters of JSON, more than {most}",
    fix: "Keep what is large in a file or a row of its own, and its name in the context.",
  },
  EVENT_INVALID: {
    exit: 2,
    http: 400,
    message: "{actor}: {event} is no event",
    fix: "Nothing was sent. Send an object whose type is a text.",
  },
  EVENT_PAYLOAD: {
    exit: 2,
    http: 400,
    message: "{entity} {id} was sent {event} with a wrong payload: {fault}",
    fix: "Nothing was written. Correct the event and send it again.",
  },
  MACHINE_INVALID: {
    exit: 2,
    http: 400,
    message: "openRuntime: {place} cannot be {value}",
    fix: "Its machines are, by name, what createMachine() or fromPromise() returns, or an object with that as its logic.",
  },
  LOGIC_INVALID: {
    exit: 2,
    http: 400,
    message: "createActor: {value} is no logic",
    fix: "Give it what createMachine() or fromPromise() returns, or the name of a registered machine. An import that is undefined is often one of a circle of imports.",
  },
  DURATION_OPTION_INVALID: {
    exit: 2,
    http: 400,
    message: "openRuntime: {value} is no duration for {place}",
    fix: "It takes a number of milliseconds, 0 or more.",
  },
  CLOCK_INVALID: {
    exit: 2,
    http: 400,
    message: "openRuntime: its clock has no {missing}",
    fix: "A clock has now(), monotonic(), setTimeout() and clearTimeout(). In a test take simulatedClock() of pawl/testing, where XState takes its SimulatedClock.",
  },
  MACHINE_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "no machine {machine} is registered",
    fix: "Registered are: {known}. Add it to the machines that openRuntime is given.",
  },
  LOGIC_NOT_REGISTERED: {
    exit: 2,
    http: 400,
    message: "{actor}: its logic is not registered, so it cannot be restored",
    fix: "Give it a name: in the machines of openRuntime for a root, in setup(…).actors of the parent for a child, and use that name.",
  },
  LOGIC_PROVIDED: {
    exit: 2,
    http: 400,
    message:
      '{actor}: what is registered as "{machine}" has other implementations, and a restart would go on with those',
    fix: 'Register the machine that provide() gave you in the machines of openRuntime, or create the actor by name: createActor("{machine}").',
  },
  NOT_SERIALIZABLE: {
    exit: 1,
    http: 500,
    message: "{actor}: {path} is {kind}, which JSON cannot keep",
    fix: "Keep plain data there (also kept: Date, Map, Set, BigInt, Error, NaN and infinities), or an id to find it by.",
  },
  MIGRATIONS_UNORDERED: {
    exit: 1,
    http: 500,
    message:
      '{machine}: JavaScript puts the migrate function from "{version}" before the one from "{other}", wherever it was written',
    fix: "Name all versions with numbers and dots, such as 1.0 and 2.0, or none with a whole number.",
  },
  MACHINE_CHANGED: {
    exit: 1,
    http: 500,
    message: "{count} actors were stored by another version of their machine: {list}",
    fix: "Register {machine} with a version and migrate functions, be it the machine of a child; what was renamed is registered under both names. Nothing was changed.",
  },
  ACTOR_UNKNOWN: {
    exit: 1,
    http: 404,
    message: 'no actor "{id}"',
    fix: "Look with runtime.list(), or create it with runtime.createActor(). One that was made of a logic is to be started.",
  },
  ACTOR_EXISTS: {
    exit: 1,
    http: 409,
    message: 'actor "{id}" exists already and runs {found}, not {asked}',
    fix: "Choose another id.",
  },
  TRANSITION_UNKNOWN: {
    exit: 1,
    http: 404,
    message: "{id} has no transition {transition}",
    fix: 'Its transitions are {first} to {last}: runtime.history("{id}").',
  },
  FORK_OF_AN_END: {
    exit: 1,
    http: 409,
    message: "{id} was stopped by its transition {transition}: a fork of it would have nothing to go on with",
    fix: 'Fork it at an earlier one: runtime.history("{id}").',
  },
  RUNTIME_CLOSED: {
    exit: 1,
    http: 503,
    message: "the runtime does not accept events any more: {reason}",
    fix: "Open it again: it goes on from the last commit.",
  },
  INSPECTOR_UNAVAILABLE: {
    exit: 1,
    http: 503,
    message: "the inspector cannot listen on port {port}: {detail}",
    fix: "Choose a port from 1 to 65535 that nobody uses, or leave it out: any free one is taken.",
  },
  EFFECT_POLICY_INVALID: {
    exit: 2,
    http: 400,
    message: "durable(): {place} is {value}, and must be {asked}",
    fix: "Times are in milliseconds, retry.max counts the attempts after the first; what is not wanted is left out.",
  },
  EFFECT_TIMED_OUT: {
    exit: 1,
    http: 504,
    message: "effect {effect} did not settle within {timeoutMs} ms (attempt {attempt})",
    fix: "Raise timeoutMs, or allow another attempt with retry.",
  },
});
