import { defineErrors } from "./define.ts";

export const gitErrors = defineErrors({});
