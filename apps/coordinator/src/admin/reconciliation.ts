import type { reconciliationOperations } from '@rinha/admin-api'
import type { Answer, Handlers } from '@rinha/openapi'
import { printInstant } from '@rinha/payment'
import type { Reconciliation } from '@rinha/reconcile'
import type { AdminSources } from './handlers.ts'

type Operations = typeof reconciliationOperations
type Shown = Extract<Answer<Operations['getReconciliation']>, { status: 200 }>['body']
type Books = Reconciliation['processors'][number]
type Difference = Books['differences'][number]

export function reconciliationHandlers({
  reconciler,
}: Pick<AdminSources, 'reconciler'>): Handlers<Operations> {
  return {
    getReconciliation: () => ({ status: 200, body: shown(reconciler.report()) }),
    startReconciliation: ({ body }) => ({
      status: 202,
      body: { run: reconciler.ask(body.everyPayment === true) },
    }),
  }
}

/** The report with instants and processors as people write them. */
function shown({ conservation, processors, ...run }: Reconciliation): Shown {
  return {
    ...run,
    conservation: conservation && shownCounts(conservation),
    processors: processors.map(shownBooks),
  }
}

function shownCounts({ atMs, ...counts }: NonNullable<Reconciliation['conservation']>) {
  return { at: printInstant(atMs), ...counts }
}

function shownBooks({ compared, comparedAtMs, differences, ...rest }: Books) {
  return {
    ...rest,
    comparedAt: print(comparedAtMs),
    from: print(compared?.fromMs),
    to: print(compared?.toMs),
    ours: compared?.ours ?? null,
    theirs: compared?.theirs ?? null,
    remainder: compared?.remainder ?? null,
    purgedTo: print(compared?.purgedToMs),
    differences: differences.map(shownDifference),
  }
}

function shownDifference({ kind, correlationId, ours, theirs }: Difference) {
  return {
    kind,
    correlationId,
    ours: ours && {
      state: ours.state,
      processor: ours.processor,
      amountCents: ours.amountCents,
      requestedAt: print(ours.requestedAtMs),
    },
    theirs: theirs && {
      count: theirs.count,
      amountCents: theirs.amountCents,
      requestedAt: printInstant(theirs.requestedAtMs),
    },
  }
}

function print(instantMs: number | null | undefined): string | null {
  return instantMs === null || instantMs === undefined ? null : printInstant(instantMs)
}
