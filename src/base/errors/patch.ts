import { defineErrors } from "./define.ts";

export const patchErrors = defineErrors({});
