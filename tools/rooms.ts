/**
 * The rooms of the repository and the arrows between them, as data for tools/tidy.ts. A pure room has no clock, no
 * chance, no process and no I/O, except in its shells: folders of its `src` with a door of their own.
 */
export interface Room {
  readonly pure: boolean
  /** The rooms that it may import. */
  readonly imports: readonly string[]
  /** The rooms that only its tests may import besides. */
  readonly testImports?: readonly string[]
  readonly shells?: readonly string[]
  /** Folders of its `src` that are pure and have a door of their own all the same: who ships does not ship them. */
  readonly doors?: readonly string[]
  /** Third-party packages that its pure part may use. */
  readonly libraries?: readonly string[]
}

export const rooms: Readonly<Record<string, Room>> = {
  base: { pure: true, imports: [] },
  payment: { pure: true, imports: ['base'] },
  settings: { pure: true, imports: ['base'] },
  channel: { pure: true, imports: ['base', 'payment'], shells: ['tcp'], libraries: ['msgpackr'] },
  openapi: { pure: true, imports: ['base'], doors: ['problems'], libraries: ['typebox', 'typebox/schema'] },
  'admin-api': { pure: true, imports: ['openapi'] },
  'public-api': { pure: true, imports: ['openapi', 'payment'] },
  node: { pure: true, imports: ['base', 'openapi', 'payment', 'channel', 'public-api'] },
  ledger: { pure: true, imports: ['base', 'payment'] },
  routing: { pure: true, imports: ['base', 'payment'] },
  journal: {
    pure: true,
    imports: ['base', 'payment'],
    testImports: ['ledger', 'service'],
    shells: ['fs', 'jetstream'],
    doors: ['simulated'],
  },
  archive: { pure: true, imports: ['base', 'payment'], shells: ['level'], doors: ['memory'] },
  engine: { pure: true, imports: ['base', 'payment', 'ledger', 'archive', 'routing'] },
  processor: {
    pure: true,
    imports: ['base', 'payment'],
    // A client of processors is tried on one.
    testImports: ['processor-twin'],
    shells: ['http'],
  },
  'processor-model': { pure: true, imports: ['base', 'payment'] },
  replay: { pure: true, imports: ['base', 'payment', 'ledger', 'journal', 'archive'] },
  reconcile: {
    pure: true,
    imports: ['base', 'payment', 'ledger', 'processor'],
    testImports: ['processor-model'],
  },
  coordinator: {
    pure: true,
    imports: ['base', 'payment', 'channel', 'ledger', 'journal', 'archive', 'engine', 'processor'],
    testImports: ['routing'],
  },
  simulator: {
    pure: true,
    imports: [
      'base',
      'payment',
      'archive',
      'channel',
      'node',
      'ledger',
      'routing',
      'journal',
      'engine',
      'processor',
      'processor-model',
      'coordinator',
      'reconcile',
    ],
  },
  // Runs in a browser. Of the others it has types only, so nothing of them is in its bundle.
  'operator-page': { pure: false, imports: ['admin-api'] },
  // Tests and benches of any room import it, and nothing else does.
  testing: { pure: false, imports: [], doors: ['bench'] },
  service: { pure: false, imports: ['base', 'settings'], doors: ['metrics'] },
  'local-cluster': { pure: false, imports: ['service'] },
  'fault-proxy': { pure: false, imports: ['base'] },
}

/** A test, or a helper of tests: generators of values, contract suites, `testing.ts`, the package they share. */
export function isTest(path: string): boolean {
  return /\.(test|arbitrary)\.ts$|\/(contract|testing)\.ts$|^packages\/testing\//.test(path)
}

/** The sources of a package or an app, not what lies beside them (a bench, a suite for others to run). */
export const isInRoom = (path: string): boolean => /^(packages|apps)\/[^/]+\/src\//.test(path)

/** The one file of a room, or of a shell of it, that others import. */
export const isDoor = (path: string): boolean => isInRoom(path) && /\/src\/([^/]+\/)?index\.ts$/.test(path)

/** Where a process, a test or an importer begins. */
export function isEntry(path: string): boolean {
  return isDoor(path) || /\/src\/main\.ts$|\.worker\.ts$|\.test\.ts$/.test(path)
}

/** Whether a file, given by its path from the root, must be pure. */
export function isPure(path: string): boolean {
  const [top, name = '', source, folder = ''] = path.split('/')
  const room = top === 'packages' && source === 'src' ? rooms[name] : undefined
  return room?.pure === true && room.shells?.includes(folder) !== true
}
