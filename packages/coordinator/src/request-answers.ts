import { type Cancel, err, ok, type Result, type Time } from '@rinha/base'
import type { ChannelRequestKind, ChannelRequests, RequestAnswer } from '@rinha/channel'
import type { Engine } from '@rinha/engine'
import type { LedgerSource } from '@rinha/payment'
import { cutProblem, healthOf, reportOf, summaryOf } from './answers.ts'
import type { EndingWaits } from './ending-waits.ts'
import type { CoordinatorOptions } from './ports.ts'
import type { PurgeAnswer } from './purge.ts'

/**
 * Answers requests of API nodes, each once, now or later. For a later answer, the returned function withdraws the request.
 */
export type RequestAnswers = {
  readonly [Kind in ChannelRequestKind]: (
    params: ChannelRequests[Kind]['params'],
    answer: RequestAnswer<Kind>,
    node: string,
  ) => Cancel | undefined
}

interface Sources extends CoordinatorOptions {
  /** Processors that payments are sent to; behind them are those of the books alone. */
  readonly liveCount: number
  readonly time: () => Time
  readonly ledgerSource: LedgerSource | undefined
  readonly purge: (node: string, done: (answer: PurgeAnswer) => void, via: 'channel') => void
}

export function requestAnswers(
  engine: Engine,
  { names, liveCount, time, purgeAllowed, purge, ledgerSource = noLedger }: Sources,
  endings: EndingWaits,
): RequestAnswers {
  return {
    summary: (params, answer) => {
      const problem = cutProblem(engine, params)
      if (problem !== undefined) return answerNow(answer, err(problem))
      const totals = summaryOf(engine, names, liveCount, params)
      return answerNow(answer, ok({ totals, completeUpToMs: engine.watermark.completeUpToMs(time()) }))
    },
    status: (params, answer) => answerNow(answer, ok(reportOf(engine, names, params))),
    ending: (params, answer) => endings.add(params, answer),
    health: (_, answer) => answerNow(answer, ok(healthOf(engine, time().nowMs))),
    ledgerSpan: (params, answer) => void ledgerSource.span(params, answer),
    ledgerSum: (params, answer) => void ledgerSource.sum(params, answer),
    ledgerIds: (params, answer) => void ledgerSource.ids(params, answer),
    purge: (_, answer, node) => {
      if (!purgeAllowed) return answerNow(answer, err(purgeIsOff))
      // A request that cannot be written now is not answered, because a refusal would be final and writing may soon be
      // possible.
      purge(node, purged => purged.ok && answer(ok({ purged: true })), 'channel')
      return undefined
    },
  }
}

function answerNow<Given>(answer: (result: Given) => void, result: Given): undefined {
  answer(result)
}

const notTold = (_: unknown, answer: (told: Result<never, string>) => void) =>
  answer(err('this coordinator tells nothing of its ledger'))
const noLedger: LedgerSource = { span: notTold, sum: notTold, ids: notTold }

const purgeIsOff =
  'A purge forgets every payment and is off. Start the coordinator with PURGE_ALLOWED=true to allow it.'
