import { type Command, command, UsageProblem } from '@rinha/service'
import { choice, origin, required, text } from '@rinha/settings'
import { tokenFile, tokenHeaders } from './admin-token.ts'
import { noAnswer } from './no-answer.ts'

const timeoutMs = 10_000

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
    admin: origin({ fallback: 'http://localhost:9090', help: 'the coordinator’s admin port' }),
    tokenFile,
  },
  notes: `Exit code: 0 done now or earlier; 1 refused, or no coordinator answered; 2 a wrong command line.`,
  work: async (given, { stdout }, complain) => {
    const { what, id, outcome, reason, admin, tokenFile } = given
    if ((what === 'resolve') !== (outcome !== ''))
      throw new UsageProblem('resolve needs an outcome, recorded or notRecorded; the other words take none')
    if (id === 'all' ? what === 'show' || what === 'resolve' : reason !== '')
      throw new UsageProblem('only resubmit and discard take all, and --reason needs all')
    const isBulk = what === 'discard' || id === 'all'
    const path = isBulk ? `/rejected/${what}` : `/payments/${id}${what === 'show' ? '' : `/${what}`}`
    const body = isBulk ? whichOf(id, reason) : resolutionOf(given)
    const response = await call(`${admin}${path}`, what, body, tokenHeaders(admin, tokenFile))
    const answer = await response.text()
    const refused = isBulk && response.ok ? refusalIn(answer) : undefined
    if (refused !== undefined) {
      complain(refused)
      return 1
    }
    if (response.ok) {
      stdout.write(answer)
      return 0
    }
    complain(detailOf(answer) ?? `the coordinator answered ${response.status}`)
    return 1
  },
})

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

async function call(
  url: string,
  what: string,
  body: object,
  headers: Record<string, string>,
): Promise<Response> {
  const order = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  try {
    return await fetch(url, {
      headers,
      ...(what !== 'show' && order),
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (error) {
    throw noAnswer(url, error)
  }
}

/** The `detail` of a problem details answer, or `undefined` if the answer is none. */
function detailOf(answer: string): string | undefined {
  try {
    const { detail } = JSON.parse(answer)
    return typeof detail === 'string' ? detail : undefined
  } catch {
    return undefined
  }
}
