import { createHash, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryDirectory, until } from '../packages/testing/src/index.ts'
import { BareCluster } from './testing/bare-cluster.ts'
import { cliPath, Program } from './testing/cluster-process.ts'

/** `npm run status` against a coordinator that wants a token. */

const token = 'the-token-of-a-viewer'
const operatorToken = 'the-token-of-an-operator'
const directory = temporaryDirectory()
const tokenFile = join(directory, 'token')
const tokensFile = join(directory, 'tokens')
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

let cluster: BareCluster
let admin: string

beforeAll(async () => {
  writeFileSync(tokenFile, `${token}\n`)
  writeFileSync(tokensFile, `v viewer ${hashOf(token)}\no operator ${hashOf(operatorToken)}\n`)
  cluster = await BareCluster.start({ ADMIN_TOKENS_FILE: tokensFile })
  admin = `http://localhost:${cluster.ports.adminPort}`
})
afterAll(() => cluster?.kill())

const start = (...words: string[]) =>
  new Program(process.execPath, [cliPath, 'status', '--admin', admin, ...words], { ADMIN_TOKEN: '' })

async function status(...words: string[]) {
  const program = start(...words)
  return { code: await program.exit, page: program.output }
}

/** The page, once it matches `words`. */
async function page(words: RegExp, code: number): Promise<string> {
  let found = await status('--token-file', tokenFile)
  await until(async () => {
    found = await status('--token-file', tokenFile)
    return words.test(found.page)
  }, `the page says ${words}`).catch(() => expect(found.page).toMatch(words))
  expect(found.code, found.page).toBe(code)
  return found.page
}

test('with a viewer’s token the command shows the state of the cluster and exits with 0', async () => {
  for (let count = 0; count < 10; count += 1)
    expect((await cluster.post(randomUUID(), 19.9)).status).toBe(202)
  const shown = await page(/^settled +10 {2}0 settled\/s$/m, 0)
  expect(shown).toMatch(/ · API nodes: api1$/m)
  expect(shown).toMatch(/^queued +0 {2}oldest 0\.0 s$/m)
  expect(shown).toMatch(/^default +closed .* usable$/m)
  expect(shown).toMatch(/^Nothing waits for a person\.$/m)
})

test('without a known token the command exits with 1 and says what to do', async () => {
  writeFileSync(join(directory, 'wrong'), 'a wrong token')
  for (const words of [[], ['--token-file', join(directory, 'wrong')]])
    expect(await status(...words)).toMatchObject({
      ...{
        code: 1,
        page: expect.stringContaining('asks for a token that it knows: --token-file or ADMIN_TOKEN'),
      },
    })
  expect(await status('--token-file', join(directory, 'none'))).toMatchObject({
    ...{ code: 1, page: expect.stringContaining('--token-file cannot be read') },
  })
})

test('with a wrong option the command exits with 2', async () => {
  expect(await status('--wach')).toMatchObject({ code: 2, page: expect.stringContaining('--wach') })
})

test('a processor that is down is shown as down, and the exit code is still 0', async () => {
  await cluster.setFailing('default', true)
  expect((await cluster.post(randomUUID(), 1)).status).toBe(202)
  await page(/^default +(open|probing) .* down: /m, 0)
  await cluster.setFailing('default', false)
  await page(/^default +closed .* usable$/m, 0)
})

test('a rejected payment is named, and the exit code is 1, until a person decides', async () => {
  const correlationId = randomUUID()
  const body = JSON.stringify({ correlationId, amount: 5, requestedAt: new Date().toISOString() })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${operatorToken}` }
  for (const name of ['default', 'fallback'] as const)
    await fetch(`${cluster.processorUrl(name)}/payments`, { method: 'POST', headers, body })
  await cluster.post(correlationId, 5)
  const shown = await page(/^rejected +1\b/m, 1)
  expect(shown).toContain(`\n  ${correlationId}  `)
  await fetch(`${admin}/rejected/discard`, { method: 'POST', headers, body: '{"all":true}' })
  await page(/^Nothing waits for a person\.$/m, 0)
})

test('--watch says when the coordinator is gone, goes on when there is a new one, and exits with 0 on Ctrl-C', async () => {
  const watch = start('--watch', '--token-file', tokenFile)
  const said = (words: RegExp) =>
    until(() => watch.output.split(`${admin}  `).at(-1)?.match(words), `it says ${words}`)
  await said(/^accepted .* \d+ in\/s/m)
  cluster.coordinator.signal('SIGKILL')
  await cluster.coordinator.exit
  await said(/^STALE: no coordinator answers at /m)
  expect(await status('--token-file', tokenFile)).toMatchObject({
    ...{ code: 1, page: expect.stringContaining('no coordinator answers at') },
  })
  const before = watch.output.length
  cluster.startCoordinatorAgain()
  await until(
    () => /^accepted +0 {2}– in\/s/m.test(watch.output.slice(before)),
    'a new one has nothing, and no rate',
  )
  await said(/^accepted +0 {2}0 in\/s/m)
  expect(watch.output).not.toContain('\x1b')
  watch.signalGroup('SIGINT')
  expect(await watch.exit).toBe(0)
})
