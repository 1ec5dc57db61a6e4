import { defineConfig } from 'vitest/config'

/** The examples of the packages' READMEs: each runs as a program of its own, one after the other. */
export default defineConfig({
  test: {
    include: ['tools/readme-examples.test.ts'],
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
