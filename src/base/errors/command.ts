import { defineErrors } from "./define.ts";

export const commandErrors = defineErrors({});
