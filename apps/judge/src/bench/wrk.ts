import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { StartProblem } from '@rinha/service'
import type { Loaded } from './block.ts'

export type WrkResult = Omit<Loaded, 'cpuMs'>

export const wrkConnectionCount = 64

/** Each request has a payment with an id of its own. The figures are printed as one line of JSON. */
const script = `
local run = RUN
local count = 0
local thread_count = 0
function setup(thread)
  thread:set("thread", thread_count)
  thread_count = thread_count + 1
end
function init()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end
function request()
  count = count + 1
  local id = string.format("%s-4%03x-8000-%012x", run, thread, count)
  return wrk.format(nil, "/payments", nil, '{"correlationId":"' .. id .. '","amount":19.9}')
end
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('\\n{"requestCount":%d,"badStatusCount":%d,"failedCount":%d,"lengthMs":%f,"p50Ms":%f,"p99Ms":%f,"p999Ms":%f}\\n',
    summary.requests, errors.status, failed, summary.duration / 1000,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000))
end
`

/** As many payments as {@link wrkConnectionCount} connections get through. `run` is 20 hexadecimal digits. */
export async function wrk(origin: string, seconds: number, run: string): Promise<WrkResult> {
  const directory = mkdtempSync(join(tmpdir(), 'wrk-'))
  const file = join(directory, 'payments.lua')
  writeFileSync(file, script.replace('RUN', `"${run.slice(0, 8)}-${run.slice(8, 12)}"`))
  try {
    const args = ['-t1', `-c${wrkConnectionCount}`, `-d${seconds}s`, '-s', file, origin]
    return readWrk((await promisify(execFile)('wrk', args)).stdout)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new StartProblem(
      code === 'ENOENT' ? 'wrk is not on the PATH: install it (apt-get install wrk)' : message,
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

export function readWrk(said: string): WrkResult {
  const line = said.split('\n').find(text => text.startsWith('{'))
  if (line === undefined)
    throw new StartProblem(`wrk said no figures, but ${JSON.stringify(said.slice(0, 200))}`)
  const { requestCount, badStatusCount, ...figures } = JSON.parse(line)
  return { acceptedCount: requestCount - badStatusCount, ...figures }
}
