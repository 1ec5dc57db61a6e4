import { afterAll, beforeAll, expect, test } from 'vitest'
import { findings, installSchemathesis } from './schemathesis/schemathesis.ts'
import { BareCluster } from './testing/bare-cluster.ts'

/**
 * Both APIs answer what their documents say, whatever is asked: schemathesis makes requests out of `/openapi.json`, right
 * ones and wrong ones. `SCHEMATHESIS_SEED=7 npx vitest run --config e2e/vitest.config.ts e2e/schemathesis.test.ts` makes others.
 */
const secondsMax = 15

let program: string
let cluster: BareCluster

beforeAll(async () => {
  program = await installSchemathesis()
  cluster = await BareCluster.start({ PURGE_ALLOWED: 'true' })
}, 180_000)
afterAll(() => cluster?.kill())

test('schemathesis finds nothing on an API node', async () => {
  expect(
    await findings(program, cluster.nodeUrl('/openapi.json'), { config: 'public.toml', secondsMax }),
  ).toBe('')
  expect(await cluster.ended()).toBe('none')
})
