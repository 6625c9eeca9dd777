import { defineErrors } from "./define.ts";

export const testingErrors = defineErrors({
  TESTING_LIMIT_REACHED: {
    exit: 2,
    http: 400,
    message: "{machine}: limit of {limit} tried steps reached with {left} of {goals} {cover} open, the first: {first}",
    fix: "Name the part of the context that matters in the option context, give fewer samples in events, raise limit, or set atLimit to stop.",
  },
  TESTING_STEP_THREW: {
    exit: 2,
    http: 400,
    message: "{machine} threw in {state} on {event}: {reason}",
    fix: "Give a complete sample in the option {option}.",
  },
  TESTING_START_THREW: {
    exit: 2,
    http: 400,
    message: "{machine} threw when it started: {reason}",
    fix: "Give the input it needs in the option input.",
  },
  TESTING_EVENT_UNKNOWN: {
    exit: 2,
    http: 400,
    message: '{machine} has no transition for "{name}", of which a sample was given',
    fix: "It knows: {known}.",
  },
  TESTING_CONTEXT_UNREADABLE: {
    exit: 2,
    http: 400,
    message: "{machine}: its context in {state} cannot be compared: {reason}",
    fix: "Name the part of the context that matters, as plain data, in the option context.",
  },
  TESTING_SAMPLE_UNREADABLE: {
    exit: 2,
    http: 400,
    message: "{machine}: what was given for {event} cannot be compared: {reason}",
    fix: "Give plain data without circles, or name the part of it that the machine reads.",
  },
  TESTING_RUNNER_MISSING: {
    exit: 2,
    http: 400,
    message: "vitest is not installed, and no other runner was given",
    fix: "npm install --save-dev vitest, or give another: the option runner of describePaths.",
  },
  TESTING_SUBJECT_DIVERGED: {
    exit: 1,
    http: 500,
    message: "after {after} the subject is in {found}, the machine in {expected}",
    fix: "Compare the subject with the machine's transition on the last event named.",
  },
  TESTING_OPTION_INVALID: {
    exit: 2,
    http: 400,
    message: "{option} cannot be {value}",
    fix: "It takes {allowed}.",
  },
  TESTING_NOT_WRITABLE: {
    exit: 2,
    http: 400,
    message: "{path} is {kind}, which cannot be written into a test file",
    fix: "Give plain data (or Date, Map, Set, Error) as samples and input.",
  },
});
