import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { timers } from '@rinha/channel/tcp'
import { Journal, recoverJournal, segmentBytesMaxDefault } from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import { Ledger } from '@rinha/ledger'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, beforeAll, expect, test } from 'vitest'

const paymentCount = 1_000_000
const path = temporaryDirectory()
let child: ReturnType<typeof spawn> | undefined
afterEach(() => {
  child?.kill('SIGKILL')
})

/** A journal of payments that were accepted and never sent, as a long outage of every processor leaves it. */
async function writeBacklog(): Promise<void> {
  const opened = await openDirectory(path)
  if (!opened.ok) throw new Error(opened.error)
  const options = { processors: ['default', 'fallback'], segmentBytesMax: segmentBytesMaxDefault }
  const nothing = new Ledger({ processorCount: 2, paymentCountMax: 1, hashSeed: 1 })
  const recovered = recoverJournal(opened.value.disk, options, nothing)
  if (!recovered.ok) throw new Error(recovered.error.words)
  const writer = { ...options, journalId: new Uint8Array(16).fill(5) }
  const journal = new Journal(opened.value.disk, recovered.value, writer, timers)
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

beforeAll(writeBacklog)

/** What it writes, and its exit code once it has ended. */
function start(): {
  readonly pid: number
  readonly output: () => string
  readonly ended: Promise<number | null>
} {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const started = spawn(
    process.execPath,
    ['--max-old-space-size=80', '--max-semi-space-size=4', '--import', tsx, main],
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
  return { pid: started.pid ?? 0, output: () => output, ended }
}

// The heap is docker-compose.yml's. As objects the list of them alone would take more.
test('a backlog of a million payments is gone on with, in the heap that the deployment gives', async () => {
  const { output, ended } = start()
  const serving = expect.poll(output, { timeout: 30_000 }).toContain('"msg":"serving"')
  await Promise.race([
    serving,
    ended.then(code => Promise.reject(new Error(`it ended with ${code}: ${output()}`))),
  ])
  expect(output()).toContain(`"openCount":${paymentCount}`)
})

test('a stop that comes while it is read is heard right after: it ends with 0 and has not served', async () => {
  const { pid, output, ended } = start()
  await expect.poll(() => catchesSighup(pid), { interval: 2, timeout: 30_000 }).toBe(true)
  process.kill(pid, 'SIGHUP')
  expect(await ended, output()).toBe(0)
  expect(output()).toContain('the journal was read')
  expect(output()).not.toContain('"msg":"serving"')
})

function catchesSighup(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return (BigInt(`0x${caught}`) & 1n) !== 0n
}
