import { dirname } from "node:path";
import tseslint from "typescript-eslint";

// Biome does the rest; these two need types.
export default tseslint.config(
  { ignores: ["dist/**", "coverage/**", "node_modules/**", "**/*.js", "**/*.cjs"] },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: "./tsconfig.json", tsconfigRootDir: dirname(import.meta.dirname) },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
);
