import type { KnipConfig } from 'knip'

/**
 * Names that nobody uses: exports of a file, names of a door, dependencies of a package. Imports in a circle besides. The
 * examples of a package's README are users of its doors.
 */
export default {
  include: ['dependencies', 'unlisted', 'unresolved', 'exports', 'types', 'duplicates', 'cycles'],
  includeEntryExports: true,
  compilers: {
    md: text => [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block).join('\n'),
  },
  ignoreIssues: {
    // What is loaded by name, from outside.
    'packages/simulator/mutants/index.ts': ['exports'],
    'tools/mutants.mjs': ['exports'],
  },
  workspaces: {
    '.': {
      entry: ['tools/*.mjs'],
      vitest: { config: ['vitest.config.ts', 'e2e/vitest.config.ts', 'tools/readme.vitest.config.ts'] },
    },
    'packages/*': { entry: ['README.md', 'bench/*.ts', 'mutants/index.ts'] },
    'apps/*': { entry: ['README.md', 'src/main.ts', 'src/**/*.worker.ts', 'bench/*.ts'] },
  },
} satisfies KnipConfig
