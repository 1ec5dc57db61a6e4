import { type Command, command, StartProblem, UsageProblem } from '@rinha/service'
import { choice, origin, required, text } from '@rinha/settings'
import { tokenFile, tokenHeaders } from './admin-token.ts'

const timeoutMs = 10_000

export const payment: Command = command({
  name: 'payment',
  summary: 'show a payment, or end those that only a person can end: resolve, resubmit or discard',
  typed: 'npm run payment --',
  about: `Shows where a payment stands, or ends one that only a person can end. GET /queue-status of the coordinator's admin port
lists those, in attention and rejected. You answer for the truth of what you say: look into the processor's books first.`,
  words: {
    what: required(
      choice({
        words: ['show', 'resolve', 'resubmit', 'discard'],
        valueName: 'show|resolve|resubmit|discard',
        help:
          'resolve says whether the payment’s processor has it; resubmit sends a rejected payment back to the queue; ' +
          'discard gives a rejected payment up, for good; show changes nothing',
      }),
    ),
    id: required(
      text({
        valueName: 'ID',
        help: 'its correlationId; or all, after resubmit and discard: every rejected payment',
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
        'recorded: its processor has it, and it is settled there; notRecorded: its processor does not have it and never ' +
        'will, and it goes back to the queue, free to go anywhere',
    }),
  },
  options: {
    processor: text({
      fallback: '',
      valueName: 'NAME',
      help: 'recorded: the processor that has it, where the coordinator does not know',
    }),
    requestedAt: text({
      fallback: '',
      valueName: 'INSTANT',
      help: 'recorded: the requestedAt in the processor’s books, where it is not that of the last attempt',
    }),
    reason: text({
      fallback: '',
      valueName: 'TEXT',
      help: 'all: only payments that were rejected for exactly this reason, as GET /rejected has it',
    }),
    admin: origin({ fallback: 'http://localhost:9090', help: 'the coordinator’s admin port' }),
    tokenFile,
  },
  notes: `Exit code: 0 done, or done before; 1 refused, or no coordinator answered; 2 a wrong command line.`,
  work: async (given, { stdout }, complain) => {
    const { what, id, outcome, reason, admin, tokenFile } = given
    if ((what === 'resolve') !== (outcome !== ''))
      throw new UsageProblem('resolve, and nothing else, takes an outcome: recorded or notRecorded')
    if (id === 'all' ? what === 'show' || what === 'resolve' : reason !== '')
      throw new UsageProblem('all stands after resubmit and discard, and --reason beside it')
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

/** Why the one payment that was named could not be. */
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
    const { message, cause } = error as Error
    throw new StartProblem(
      `no coordinator answers at ${url}: ${cause instanceof Error ? cause.message : message}`,
    )
  }
}

/** What problem details say; undefined where it is none. */
function detailOf(answer: string): string | undefined {
  try {
    const { detail } = JSON.parse(answer)
    return typeof detail === 'string' ? detail : undefined
  } catch {
    return undefined
  }
}
