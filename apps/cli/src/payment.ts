import { type Command, command, StartProblem, UsageProblem } from '@rinha/service'
import { choice, origin, required, text } from '@rinha/settings'
import { tokenFile, tokenHeaders } from './admin-token.ts'

const timeoutMs = 10_000

export const payment: Command = command({
  name: 'payment',
  summary: 'show a payment, or end one that only a person can end: resolve or resubmit',
  typed: 'npm run payment --',
  about: `Shows where a payment stands, or ends one that only a person can end. GET /queue-status of the coordinator's admin port
lists those, in attention and rejected. You answer for the truth of what you say: look into the processor's books first.`,
  words: {
    what: required(
      choice({
        words: ['show', 'resolve', 'resubmit'],
        valueName: 'show|resolve|resubmit',
        help:
          'resolve says whether the payment’s processor has it; resubmit sends a rejected payment back to the queue; ' +
          'show changes nothing',
      }),
    ),
    id: required(
      text({ valueName: 'ID', help: 'its correlationId', pattern: /^[0-9A-Fa-f-]{36}$/, allowed: 'a UUID' }),
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
    admin: origin({ fallback: 'http://localhost:9090', help: 'the coordinator’s admin port' }),
    tokenFile,
  },
  notes: `Exit code: 0 done, or done before; 1 refused, or no coordinator answered; 2 a wrong command line.`,
  work: async ({ what, id, outcome, processor, requestedAt, admin, tokenFile }, { stdout }, complain) => {
    if ((what === 'resolve') !== (outcome !== ''))
      throw new UsageProblem('resolve, and nothing else, takes an outcome: recorded or notRecorded')
    const given = {
      ...(outcome && { outcome }),
      ...(processor && { processor }),
      ...(requestedAt && { requestedAt }),
    }
    const url = `${admin}/payments/${id}${what === 'show' ? '' : `/${what}`}`
    const response = await call(url, what, given, tokenHeaders(admin, tokenFile))
    const answer = await response.text()
    if (response.ok) {
      stdout.write(answer)
      return 0
    }
    complain(detailOf(answer) ?? `the coordinator answered ${response.status}`)
    return 1
  },
})

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
