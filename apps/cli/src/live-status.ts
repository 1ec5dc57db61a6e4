import { seconds } from '@rinha/base'
import { type LiveLine, StartProblem } from '@rinha/service'
import { type ClusterReading, readCluster } from './read-cluster.ts'
import { statusLine } from './status-page.ts'

const everyMs = 1000
/** Figures older than this are not shown: the coordinator is asked each second, and answers at once. */
const staleMs = 2500

/** Shows each second how the cluster stands, until the function it returns is called. */
export function showStatus(admin: string, live: LiveLine): () => void {
  let [before, last]: (ClusterReading | undefined)[] = []
  let answeredAtMs = performance.now()
  let problem = 'the coordinator does not answer'
  let isAsking = false
  const ask = async () => {
    if (isAsking) return
    isAsking = true
    try {
      const found = await readCluster([admin])
      ;[before, last, answeredAtMs] = [last, found, found.atMs]
    } catch (error) {
      if (!(error instanceof StartProblem)) throw error
      ;[before, last, problem] = [undefined, undefined, error.message]
    }
    isAsking = false
  }
  const timer = setInterval(() => {
    const ageMs = performance.now() - answeredAtMs
    if (last !== undefined && ageMs < staleMs) live.show(statusLine(before, last))
    else live.show(`STALE for ${seconds(ageMs, 0)}: ${problem}`)
    ask()
  }, everyMs)
  ask()
  return () => {
    clearInterval(timer)
    live.hide()
  }
}
