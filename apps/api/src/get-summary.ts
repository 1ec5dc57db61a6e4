import type { ChannelClient } from '@rinha/channel'
import type { Handler } from './exchange.ts'
import { printSummary } from './print-answer.ts'
import { coordinatorAway } from './problem.ts'
import { readSummaryWindow } from './summary-window.ts'

/** `GET /payments-summary?from&to`: what each processor recorded, by the coordinator's ledger. */
export function getSummary(channel: ChannelClient): Handler {
  return async (exchange, request) => {
    const window = readSummaryWindow(request.getQuery())
    if (!window.ok) return exchange.problem(window.error)
    const totals = await channel.request('summary', window.value)
    if (totals.ok) exchange.json('200 OK', printSummary(totals.value))
    else exchange.problem(coordinatorAway(totals.error.reason))
  }
}
