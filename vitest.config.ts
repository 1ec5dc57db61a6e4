import { defineConfig } from 'vitest/config'

/** Unit rings: `x.test.ts` beside `x.ts`. Real processes live in `e2e/`, which has its own config. */
export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'apps/**/*.test.ts', 'tools/**/*.test.ts'],
    // The examples of the READMEs are a run of their own.
    exclude: ['**/node_modules/**', 'dist/**', 'tools/readme-examples.test.ts'],
    // Both of two cores; files share their workers' modules, which are loaded once: half of the whole run was starting.
    maxWorkers: '100%',
    isolate: false,
    // Against hanging, not a limit on speed: a machine that lends its cores to others takes ten times as long.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000, interval: 10 } },
  },
})
