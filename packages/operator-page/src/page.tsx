import { useState } from 'preact/hooks'
import type { Status, Store } from './data/store.ts'
import { type Ask, Confirm, type Question } from './parts/confirm.tsx'
import { Header } from './parts/header.tsx'
import { useStore } from './parts/use-store.ts'
import { Audit } from './sections/audit.tsx'
import { Charts } from './sections/charts.tsx'
import { Decisions } from './sections/decisions.tsx'
import { Figures } from './sections/figures.tsx'
import { FindPayment } from './sections/find-payment.tsx'
import { People } from './sections/people.tsx'
import { Processors } from './sections/processors.tsx'
import { Reconciliation } from './sections/reconciliation.tsx'
import { SettingsTable } from './sections/settings.tsx'
import { TimeLine } from './sections/time-line.tsx'
import { TimeTravel } from './sections/time-travel.tsx'

export function Page({ store }: { readonly store: Store }) {
  const nowMs = useStore(store)
  const [question, setQuestion] = useState<Question>()
  const { status, session } = store
  const lastSeq = store.changes.at(-1)?.seq ?? 0
  const ask: Ask | undefined = session?.mayChange
    ? question => setQuestion(ofShard(question, status))
    : undefined
  return (
    <>
      <Header store={store} nowMs={nowMs} />
      <main>
        {status === undefined ? (
          <p class="empty">Waiting for the coordinator …</p>
        ) : (
          <>
            <Figures status={status} history={store.history} />
            <Charts store={store} status={status} nowMs={nowMs} />
            <Processors status={status} ask={ask} />
            <People status={status} ask={ask} />
            <Reconciliation shard={status.shard} nowMs={nowMs} ask={ask} />
            <FindPayment />
            {status.journal !== null && <TimeTravel />}
            <Decisions decisions={store.decisions} />
            <TimeLine notices={store.notices} changes={store.changes} />
            <SettingsTable lastSeq={lastSeq} ask={ask} />
            <Audit lastSeq={lastSeq} />
          </>
        )}
      </main>
      {question && <Confirm question={question} close={() => setQuestion(undefined)} />}
    </>
  )
}

/** With shards a change reaches one of them, and the question says so. */
function ofShard(question: Question, status: Status | undefined): Question {
  if (status?.shard === undefined) return question
  const { index, count } = status.shard
  return {
    ...question,
    words: `${question.words} This is about the payments of shard ${index} of ${count} alone.`,
  }
}
