import { defineErrors } from "./define.ts";

/** Texts that are no patches, and changes that do not go together. What else a patch does wrong is a finding, not an error. */
export const patchErrors = defineErrors({
  PATCH_EMPTY: {
    exit: 65,
    http: 400,
    message: "patch {patch} changes nothing",
    fix: "Make it with git diff or git format-patch, and check that the file was written.",
  },
  PATCH_MALFORMED: {
    exit: 65,
    http: 400,
    message: "patch {patch} is not as git makes patches: {detail}",
    fix: "Make it again with git diff --binary or git format-patch, and do not edit it by hand.",
  },
  PATCH_SERIES: {
    exit: 65,
    http: 400,
    message: "patch {patch} holds several mails of git format-patch",
    fix: "Give each mail a task of its own: git format-patch without --stdout writes a file for each.",
  },
  PATCH_CONFLICT: {
    exit: 1,
    http: 409,
    message: "what task {task} changed does not fit its workstream: {detail}",
    fix: "Where another task of the workstream changed the same lines meanwhile, let {task} wait for that one (depends_on), and start a new run: pawl run PLAN.",
  },
});
