import { defineErrors } from "./define.ts";

export const cliErrors = defineErrors({
  CLI_UNKNOWN_COMMAND: {
    exit: 2,
    http: 400,
    message: "pawl has no command {command}",
    fix: "Nearest: {nearest}. pawl --help lists them all.",
  },
  CLI_USAGE: {
    exit: 2,
    http: 400,
    message: "{command} was called wrongly: {detail}",
    fix: "{command} --help shows what it takes.",
  },
  CLI_BAD_OPTION: {
    exit: 2,
    http: 400,
    message: "{option} cannot be {value}: {detail}",
    fix: "pawl {command} --help shows what it takes.",
  },
  FOLDER_GONE: {
    exit: 2,
    http: 400,
    message: "the folder that pawl was called in is not there any more: {folder}",
    fix: "Change into one that is: the checkout of the run.",
  },
  MACHINE_NAME_UNKNOWN: {
    exit: 2,
    http: 404,
    message: "the catalogue has no machine {name}",
    fix: "Nearest: {nearest}.",
  },
  GRAPH_OF_ANOTHER_KIND: {
    exit: 2,
    http: 400,
    message: "{entity} is a {found}, not a {machine}",
    fix: "Draw it with: pawl graph {found} --entity {entity}",
  },
  FILE_REFUSED: {
    exit: 1,
    http: 500,
    message: "the system refuses a file: {detail}",
    fix: "See that you may read and write it and that its disk has space, then try again. Nothing that was recorded is lost.",
  },
  STDOUT_REFUSED: {
    exit: 1,
    http: 500,
    message: "stdout cannot be written: {detail}",
    fix: "See that the file, disk or device behind it has space and may be written. {next}",
  },
  INTERNAL: {
    exit: 1,
    http: 500,
    message: "something went wrong inside Pawl: {detail}",
    fix: "Please report it with this text. Nothing that was recorded is lost: pawl resume goes on.",
  },
});
