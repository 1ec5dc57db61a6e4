import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { correlationIdOf } from '../k6/wire.ts'
import { Connection } from '../score/load/connection.ts'
import type { SteadyPlan, SteadyResult } from './load-plan.ts'

const [clientTimeoutMs, tickMs] = [1500, 1]

/**
 * Posts payments at a steady rate over as many kept connections as are busy at once.
 *
 * It takes the place of k6 with its arrival rate: the machine carries the load and what is measured, so the CPU of the load is
 * part of every latency. The two were not measured side by side.
 */
export async function steadyLoad({ origin, perSecond, lengthMs, run }: SteadyPlan): Promise<SteadyResult> {
  const { host, hostname, port } = new URL(origin)
  const target = { host: hostname, port: Number(port), timeoutMs: clientTimeoutMs }
  const body = (index: number) => `{"correlationId":"${correlationIdOf(run, index)}","amount":19.9}`
  const head = [
    'POST /payments HTTP/1.1',
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${body(0).length}`,
    '\r\n',
  ].join('\r\n')
  const idle: Connection[] = []
  const all: Connection[] = []
  const latenciesMs: number[] = []
  const count = Math.round((perSecond * lengthMs) / 1000)
  let [postedCount, endedCount] = [0, 0]
  const post = () => {
    const connection = idle.pop() ?? new Connection(target)
    all.push(connection)
    connection.send(head + body(postedCount++), end => {
      endedCount += 1
      idle.push(connection)
      if (end.kind === 'answer' && end.status < 300) latenciesMs.push(end.latencyMs)
    })
  }
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  while (endedCount < count) {
    const dueCount = Math.ceil(((performance.now() - startedMs) * perSecond) / 1000)
    while (postedCount < Math.min(count, dueCount)) post()
    await sleep(tickMs)
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  for (const connection of new Set(all)) connection.close()
  return {
    latenciesMs: new Float64Array(latenciesMs),
    failedCount: count - latenciesMs.length,
    cpuMs: (user + system) / 1000,
  }
}
