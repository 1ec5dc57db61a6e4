import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, command, interruptible, type Output, StartProblem } from '@rinha/service'
import { flag } from '@rinha/settings'
import { tokenFile } from './admin-token.ts'
import { type ClusterReading, readCluster } from './read-cluster.ts'
import { givenAdmins, shardAdmins } from './shard-admins.ts'
import { needsPerson, statusPage } from './status-page.ts'

/** The interval between the two readings that rates are computed from, and between two pages. */
const everyMs = 1000

export const status: Command = command({
  name: 'status',
  summary: 'show the queue, rates, processors and what waits for a person; --watch repeats it',
  typed: 'npm run status --',
  about: `Shows the state of the cluster on one page: payments by state, the age of the oldest, rates, each processor, and the
payments that need a person's decision. Of several shards it shows the sum, and each. It reads GET /queue-status of the coordinator's admin port twice, a second apart, and
changes nothing.`,
  options: {
    watch: flag({ help: 'shows a new page each second until Ctrl-C, also while no coordinator answers' }),
    admin: shardAdmins,
    tokenFile,
  },
  notes: `Exit code: 0 nothing waits for a person, or Ctrl-C ended --watch; 1 no coordinator answered, or payments wait for a
person (attention, rejected), or the journal cannot be written, or a shard did not answer; 2 a wrong option.`,
  work: ({ watch, admin: given, tokenFile }, { stdout }) => {
    const admin = givenAdmins(given)
    return watch
      ? interruptible(
          interrupt => show({ admin, tokenFile }, stdout, interrupt),
          () => {},
        )
      : showOnce({ admin, tokenFile }, stdout)
  },
})

interface Source {
  readonly admin: readonly string[]
  readonly tokenFile: string
}

async function showOnce({ admin, tokenFile }: Source, stdout: Output['stdout']): Promise<number> {
  const before = await readCluster(admin, tokenFile)
  await sleep(everyMs)
  const now = await readCluster(admin, tokenFile)
  stdout.write(pageFor(stdout, statusPage(admin.join(' '), before, now)))
  return needsPerson(now) ? 1 : 0
}

/** Shows pages until Ctrl-C, which is the normal end. */
async function show(
  { admin, tokenFile }: Source,
  stdout: Output['stdout'],
  interrupt: AbortSignal,
): Promise<number> {
  let before: ClusterReading | undefined
  while (!interrupt.aborted) {
    const found = await readCluster(admin, tokenFile).catch((error: Error) => {
      if (error instanceof StartProblem) return error
      throw error
    })
    const lines =
      found instanceof StartProblem
        ? [new Date().toTimeString().slice(0, 8), `STALE: ${found.message}`]
        : statusPage(admin.join(' '), before, found)
    before = found instanceof StartProblem ? undefined : found
    stdout.write(stdout.isTTY ? `\x1b[H\x1b[2J${pageFor(stdout, lines)}` : `${pageFor(stdout, lines)}\n`)
    await sleep(everyMs, undefined, { signal: interrupt }).catch(() => {})
  }
  return 0
}

/** Cut to the size of a terminal, so that nothing wraps or scrolls. */
function pageFor({ isTTY, columns = 80, rows = 24 }: Output['stdout'], lines: readonly string[]): string {
  const shown = isTTY ? lines.slice(0, rows - 1).map(line => line.slice(0, columns - 1)) : lines
  return shown.map(line => `${line}\n`).join('')
}
