/** The plan that the documentation of the plan language shows. */
export const examplePlan = `pawl: 1
name: harden-client
base: main                       # branch, tag or commit to start from
setup: npm ci --prefer-offline   # once in each new worktree
concurrency: 4                   # workers
env: { NODE_ENV: test }
secrets: [OPENAI_API_KEY]        # taken from the environment
tools:
  aider: { run: [aider, --yes-always, --message-file, "{prompt_file}"], timeout: 20m }
gates:
  lint: { type: LINT, run: npm run lint, timeout: 5m }
  unit: { type: UNIT, run: npm test, depends_on: [lint], expected_exit_code: 0 }
workstreams:
  - id: client
    critical: true               # its failure fails the run at once
    verify: [unit]               # gates that every patch of it must pass
    final: [unit]                # gates before it is merged into the run's branch
    tasks:
      - { id: fix-timeout, patch: patches/0001-fix-timeout.patch, scope: ["src/**", "test/**"] }
      - { id: bump, run: npm version patch --no-git-tag-version, depends_on: [fix-timeout], retries: { max: 2, backoff: 2s }, timeout: 2m }
      - { id: refactor, agent: aider, prompt: "Split client.ts by responsibility.", scope: ["src/client/**"], limits: { lines: 800, bytes: 200kB } }
  - id: docs
    depends_on: [client]
    allow_failure: true
    tasks:
      - { id: readme, run: [node, scripts/readme.mjs] }
      - { id: spelling, run: npx cspell docs, changes: none }   # a check: nothing it writes is taken over
`;
