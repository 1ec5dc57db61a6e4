/**
 * `npm test`, from a bare clone too: the gate of `npm run verify`, then the tests of the whole cluster, which start real
 * processes. The bundles that they start are those that this builds.
 */
import { bootstrap } from './bootstrap.mjs'
import { conclude, tests, verify } from './verify.mjs'

await bootstrap()
conclude(await verify(() => tests('whole cluster', ['--config', 'e2e/vitest.config.ts'])))
