import { defineConfig } from 'vitest/config'

/** Real processes on real ports, and two cores at most to run them: one file at a time. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    fileParallelism: false,
    globalSetup: 'e2e/testing/build-bundles.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000, interval: 10 } },
  },
})
