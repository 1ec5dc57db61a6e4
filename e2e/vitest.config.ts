import { defineConfig } from 'vitest/config'

/** These tests measure a rate, a score or a whole container's share, so no other test runs beside them. */
const alone = ['chaos', 'containers', 'k6/score', 'noise', 'reconcile', 'run-report', 'score'].map(
  name => `e2e/${name}.test.ts`,
)

const everywhere = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 20_000, interval: 10 } },
} as const

/** Each test runs real processes on ports of its own. They mostly wait for one another, for a disk or for a clock. */
export default defineConfig({
  test: {
    globalSetup: 'e2e/testing/build-bundles.ts',
    projects: [
      {
        test: {
          ...everywhere,
          name: 'beside others',
          include: ['e2e/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...alone],
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...everywhere,
          name: 'alone',
          include: alone,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
