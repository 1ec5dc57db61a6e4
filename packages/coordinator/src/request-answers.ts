import { type Cancel, err, ok } from '@rinha/base'
import type { ChannelRequestKind, ChannelRequests, RequestAnswer } from '@rinha/channel'
import type { Engine } from '@rinha/engine'
import { reportOf, summaryOf } from './answers.ts'
import type { EndingWaits } from './ending-waits.ts'
import type { CoordinatorOptions } from './ports.ts'
import type { PurgeAnswer } from './purge.ts'

/** What API nodes are answered, once, now or later; in the second case what is returned withdraws the request. */
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
  readonly purge: (node: string, done: (answer: PurgeAnswer) => void, via: 'channel') => void
}

export function requestAnswers(
  engine: Engine,
  { names, liveCount, purgeAllowed, purge }: Sources,
  endings: EndingWaits,
): RequestAnswers {
  return {
    summary: (params, answer) => answerNow(answer, ok(summaryOf(engine, names, liveCount, params))),
    status: (params, answer) => answerNow(answer, ok(reportOf(engine, names, params))),
    ending: (params, answer) => endings.add(params, answer),
    purge: (_, answer, node) => {
      if (!purgeAllowed) return answerNow(answer, err(purgeIsOff))
      // One that cannot be written is not answered: to be refused would be final, and it may be possible soon.
      purge(node, purged => purged.ok && answer(ok({ purged: true })), 'channel')
      return undefined
    },
  }
}

function answerNow<Given>(answer: (result: Given) => void, result: Given): undefined {
  answer(result)
}

const purgeIsOff =
  'A purge forgets every payment and is off. Start the coordinator with PURGE_ALLOWED=true to allow it.'
