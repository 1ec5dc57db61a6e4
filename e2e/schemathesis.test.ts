import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, test } from 'vitest'
import { findings, installSchemathesis } from './schemathesis/schemathesis.ts'
import { BareCluster } from './testing/bare-cluster.ts'

/**
 * Both APIs answer every request as their documents say. schemathesis makes right and wrong requests out of
 * `/openapi.json`. For other requests, set a seed:
 * `SCHEMATHESIS_SEED=7 npx vitest run --config e2e/vitest.config.ts e2e/schemathesis.test.ts`.
 */
const secondsMax = 15

let program: string
let cluster: BareCluster

const token = 'a-token-of-this-test'
const directory = mkdtempSync(join(tmpdir(), 'schemathesis-'))

beforeAll(async () => {
  program = await installSchemathesis()
  const tokens = join(directory, 'tokens')
  writeFileSync(tokens, `tester operator ${createHash('sha256').update(token).digest('hex')}\n`)
  cluster = await BareCluster.start({ PURGE_ALLOWED: 'true', ADMIN_TOKENS_FILE: tokens })
}, 180_000)
afterAll(async () => {
  await cluster?.kill()
  rmSync(directory, { recursive: true })
})

test.concurrent('schemathesis finds nothing on an API node', async ({ expect }) => {
  expect(
    await findings(program, cluster.nodeUrl('/openapi.json'), { config: 'public.toml', secondsMax }),
  ).toBe('')
  expect(await cluster.ended()).toBe('none')
})

test.concurrent('schemathesis finds nothing on the admin port', async ({ expect }) => {
  const url = `http://localhost:${cluster.ports.adminPort}/openapi.json`
  const headers = [`Authorization: Bearer ${token}`]
  expect(await findings(program, url, { config: 'admin.toml', headers, secondsMax })).toBe('')
  expect(await cluster.ended()).toBe('none')
})
