import { parseCorrelationId } from '@rinha/payment'
import { type Command, command, UsageProblem } from '@rinha/service'
import { choice, required, text } from '@rinha/settings'
import { tokenFile } from './admin-token.ts'
import { adminOf, askEach, everyAdmin, shardAdmins } from './shard-admins.ts'

export const payment: Command = command({
  name: 'payment',
  summary: 'show a payment, or decide about one that needs a person: resolve, resubmit, discard',
  typed: 'npm run payment --',
  about: `Shows the state of a payment, or carries out a person's decision about it. GET /queue-status of the coordinator's admin
port lists the payments that need one, under attention and rejected. The coordinator believes what you say, so look into the
processor's books first.`,
  words: {
    what: required(
      choice({
        words: ['show', 'resolve', 'resubmit', 'discard'],
        valueName: 'show|resolve|resubmit|discard',
        help:
          'resolve tells the coordinator whether the processor has the payment; resubmit puts a rejected payment back ' +
          'into the queue; discard gives a rejected payment up for good; show changes nothing',
      }),
    ),
    id: required(
      text({
        valueName: 'ID',
        help: 'the correlationId of the payment; resubmit and discard also take all, for every rejected payment',
        pattern: /^([0-9A-Fa-f-]{36}|all)$/,
        allowed: 'a UUID, or all',
      }),
    ),
    outcome: text({
      valueName: 'OUTCOME',
      fallback: '',
      pattern: /^(recorded|notRecorded)$/,
      allowed: 'recorded or notRecorded, after resolve',
      help:
        'recorded: the processor has the payment, which is then settled there; notRecorded: the processor does not have it ' +
        'and never will, and the payment goes back into the queue, from where it may be sent to any processor',
    }),
  },
  options: {
    processor: text({
      fallback: '',
      valueName: 'NAME',
      help: 'with recorded: the processor that has the payment, if the coordinator does not know it',
    }),
    requestedAt: text({
      fallback: '',
      valueName: 'INSTANT',
      help: 'with recorded: the requestedAt in the processor’s books, if it is not that of the last attempt',
    }),
    reason: text({
      fallback: '',
      valueName: 'TEXT',
      help: 'with all: only payments that were rejected for exactly this reason, as GET /rejected prints it',
    }),
    admin: shardAdmins,
    tokenFile,
  },
  notes: `Exit code: 0 done now or earlier; 1 refused, or no coordinator answered; 2 a wrong command line.`,
  work: async (given, output, complain) => {
    const { what, id, outcome, reason, admin, tokenFile } = given
    if ((what === 'resolve') !== (outcome !== ''))
      throw new UsageProblem('resolve needs an outcome, recorded or notRecorded; the other words take none')
    if (id === 'all' ? what === 'show' || what === 'resolve' : reason !== '')
      throw new UsageProblem('only resubmit and discard take all, and --reason needs all')
    const correlationId = parseCorrelationId(id)
    const admins =
      correlationId === undefined
        ? await everyAdmin(admin, tokenFile)
        : [await adminOf(correlationId, admin, tokenFile)]
    return askEach(admins, requestOf(given), tokenFile, output, complain)
  },
})

function requestOf(given: Parameters<typeof resolutionOf>[0] & { what: string; id: string; reason: string }) {
  const { what, id, reason } = given
  if (what === 'show') return { method: 'GET', path: `/payments/${id}` }
  if (what === 'discard' || id === 'all')
    return {
      method: 'POST',
      path: `/rejected/${what}`,
      body: JSON.stringify(whichOf(id, reason)),
      refusalIn,
    }
  const body = JSON.stringify(resolutionOf(given))
  return { method: 'POST', path: `/payments/${id}/${what}`, body }
}

const whichOf = (id: string, reason: string) =>
  id !== 'all' ? { ids: [id] } : reason === '' ? { all: true } : { reason }

function resolutionOf({
  outcome,
  processor,
  requestedAt,
}: {
  readonly outcome: string
  readonly processor: string
  readonly requestedAt: string
}): object {
  return {
    ...(outcome && { outcome }),
    ...(processor && { processor }),
    ...(requestedAt && { requestedAt }),
  }
}

/** The reason why the order about the one payment was refused. */
function refusalIn(answer: string): string | undefined {
  const { refused } = JSON.parse(answer) as { refused?: readonly { readonly detail: string }[] }
  return refused?.[0]?.detail
}
