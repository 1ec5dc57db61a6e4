import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { timers } from '@rinha/channel/tcp'
import { journalOnDisk, recoverJournal, segmentBytesMaxDefault } from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import { Ledger } from '@rinha/ledger'
import { temporaryDirectory, until } from '@rinha/testing'
import { afterEach, beforeAll, expect, test } from 'vitest'

const paymentCount = 1_000_000
const path = temporaryDirectory()
let child: ReturnType<typeof spawn> | undefined
afterEach(() => {
  child?.kill('SIGKILL')
})

/** Writes a journal of payments that were accepted and never sent, as after a long outage of every processor. */
async function writeBacklog(): Promise<void> {
  const opened = await openDirectory(path)
  if (!opened.ok) throw new Error(opened.error)
  const options = { processors: ['default', 'fallback'], segmentBytesMax: segmentBytesMaxDefault }
  const nothing = new Ledger({ processorCount: 2, paymentCountMax: 1, hashSeed: 1 })
  const recovered = recoverJournal(opened.value.disk, options, nothing)
  if (!recovered.ok) throw new Error(recovered.error.words)
  const writer = { ...options, journalId: new Uint8Array(16).fill(5) }
  const journal = journalOnDisk(opened.value.disk, recovered.value, writer, timers)
  const records = new Uint8Array(1000 * 24)
  const view = new DataView(records.buffer)
  for (let first = 0; first < paymentCount; first += 1000) {
    for (let index = 0; index < 1000; index += 1) {
      view.setUint32(index * 24 + 12, first + index)
      view.setUint32(index * 24 + 20, 1990)
    }
    journal.append({ kind: 'accepted', acceptedAtMs: Date.now(), records })
  }
  await new Promise<void>(resolve => journal.close(resolve))
  opened.value.release()
}

beforeAll(writeBacklog, 300_000)

/** The process signals itself at the first read of a segment, so that the signal comes before reading ends. */
const stopWhileReading = `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs'
  import { syncBuiltinESMExports } from 'node:module'
  const { readSync } = fs
  fs.readSync = (...given) => {
    if (process.listenerCount('SIGHUP') === 0) return readSync(...given)
    fs.readSync = readSync
    syncBuiltinESMExports()
    process.kill(process.pid, 'SIGHUP')
    return readSync(...given)
  }
  syncBuiltinESMExports()
`)}`

/** The output of the process, and its exit code once it has ended. */
function start(...imports: readonly string[]): {
  readonly output: () => string
  readonly ended: Promise<number | null>
} {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const started = spawn(
    process.execPath,
    [
      ...['--max-old-space-size=80', '--max-semi-space-size=4'],
      ...[tsx, ...imports].flatMap(url => ['--import', url]),
      main,
    ],
    {
      env: {
        ...process.env,
        CHANNEL_PORT: '0',
        ADMIN_PORT: '0',
        CHANNEL_SECRET: 'a-secret-of-the-tests',
        PROCESSORS: 'default=http://localhost:1@0.05@5000,fallback=http://localhost:1@0.15@5000',
        JOURNAL_DIR: path,
      },
      stdio: 'pipe',
    },
  )
  child = started
  let output = ''
  for (const stream of [started.stdout, started.stderr])
    stream.on('data', chunk => {
      output += String(chunk)
    })
  const ended = new Promise<number | null>(resolve => started.on('close', resolve))
  return { output: () => output, ended }
}

// The heap is that of docker-compose.yml. A list of all payments as objects would be larger.
test('the coordinator goes on with a backlog of a million payments in the heap of the deployment', {
  timeout: 300_000,
}, async () => {
  const { output, ended } = start()
  // The test's own timeout is the only limit.
  await Promise.race([
    until(() => output().includes('"msg":"serving"'), 'it serves', Number.POSITIVE_INFINITY),
    ended.then(code => Promise.reject(new Error(`it ended with ${code}: ${output()}`))),
  ])
  expect(output()).toContain(`"openCount":${paymentCount}`)
})

test('a stop during the reading of the journal takes effect right after: exit code 0, and nothing was served', {
  timeout: 300_000,
}, async () => {
  const { output, ended } = start(stopWhileReading)
  expect(await ended, output()).toBe(0)
  expect(output()).toContain('the journal was read')
  expect(output()).not.toContain('"msg":"serving"')
})
