import type { PaymentReport, ProcessorSummary } from '@rinha/channel'
import { printCents, printInstant } from '@rinha/payment'

/**
 * The JSON of the answers that carry money. Put together by hand for one reason: amounts are JSON numbers with two
 * decimals, printed from integer cents, and `JSON.stringify` prints numbers from floats (`19.9`).
 */
export function printSummary(totals: readonly ProcessorSummary[]): string {
  const members = totals.map(({ processor, count, amountCents }) => {
    const total = `{"totalRequests":${count},"totalAmount":${printCents(amountCents)}}`
    return `${JSON.stringify(processor)}:${total}`
  })
  return `{${members.join(',')}}`
}

/** The coordinator's record of a payment: its state, and the fields that belong to the state. */
export function printReport(id: string, report: Exclude<PaymentReport, { state: 'absent' }>): string {
  const common = `{"correlationId":"${id}","state":"${report.state}","amount":${printCents(report.amountCents)}`
  switch (report.state) {
    case 'queued':
      return `${common}}`
    case 'inFlight':
    case 'settled': {
      const requestedAt = printInstant(report.requestedAtMs)
      return `${common},"processor":${JSON.stringify(report.processor)},"requestedAt":"${requestedAt}"${archivedMember(report)}}`
    }
    case 'rejected':
      return `${common},"reason":${JSON.stringify(report.reason)}${archivedMember(report)}}`
  }
}

function archivedMember(report: object): string {
  return 'isArchived' in report ? ',"archived":true' : ''
}

/** A payment that was answered 202 and that only this node knows yet. Its amount is on its way to the coordinator and is not looked up here. */
export function printHeld(id: string): string {
  return `{"correlationId":"${id}","state":"accepted"}`
}
