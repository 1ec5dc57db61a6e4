import { constants, setPriority } from 'node:os'
import process from 'node:process'
import { printProblem } from '@rinha/journal'
import { readDirectory } from '@rinha/journal/fs'
import { type ReplayOptions, replayJournal } from '@rinha/replay'
import type { ReplayJob, ReplayOutcome } from './replay.ts'

/** A process for one replay: it reads the journal of the process that writes it, and changes nothing there. */
const workMs = 10
const pauseMs = 30
const entryCountBetweenLooks = 100

process.once('message', ({ directory, ...options }: ReplayJob) => {
  process.send?.(replay(directory, options))
})

function replay(path: string, given: ReplayOptions): ReplayOutcome {
  setPriority(constants.priority.PRIORITY_LOW)
  const disk = readDirectory(path)
  if (!disk.ok) return { ok: false, words: disk.error }
  const result = replayJournal(disk.value, { ...given, onEntry: pacer() })
  return result.ok
    ? { ok: true, text: JSON.stringify(result.value) }
    : { ok: false, words: printProblem(result.error) }
}

/** A replay uses at most a quarter of a CPU, because the container's share is for payments. */
function pacer(): () => void {
  const bell = new Int32Array(new SharedArrayBuffer(4))
  let entryCount = 0
  let beganMs = performance.now()
  return () => {
    entryCount += 1
    if (entryCount % entryCountBetweenLooks !== 0 || performance.now() - beganMs < workMs) return
    Atomics.wait(bell, 0, 0, pauseMs)
    beganMs = performance.now()
  }
}
