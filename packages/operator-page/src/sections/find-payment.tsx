import { useState } from 'preact/hooks'
import { call } from '../data/api.ts'
import { Panel } from '../parts/panel.tsx'
import { historyWords, instantWords, type Payment, stateWords } from '../parts/payment-words.ts'

/** Finds one payment by its id, and shows its state. */
export function FindPayment() {
  const [id, setId] = useState('')
  const [found, setFound] = useState<Payment>()
  const [problem, setProblem] = useState('')
  const find = async (event: Event) => {
    event.preventDefault()
    setProblem('')
    setFound(undefined)
    try {
      setFound(await call<Payment>('GET', `payments/${encodeURIComponent(id.trim())}`))
    } catch (error) {
      setProblem((error as Error).message)
    }
  }
  return (
    <Panel title="Find a payment">
      <form class="actions" onSubmit={find}>
        <label for="payment">correlationId</label>
        <input id="payment" class="id grow" value={id} onInput={event => setId(event.currentTarget.value)} />
        <button type="submit">Find</button>
      </form>
      <div role="status">
        {problem !== '' && <p class="bad-text">{problem}</p>}
        {found && <Found payment={found} />}
      </div>
    </Panel>
  )
}

function Found({ payment }: { readonly payment: Payment }) {
  return (
    <>
      <p>{stateWords(payment)}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <ol class="entries" aria-label="Time line" tabIndex={0}>
        {historyWords(payment).map(([at, words], index) => (
          <li key={index}>
            <time dateTime={at}>{instantWords(at)}</time> {words}
          </li>
        ))}
      </ol>
      {payment.timeLine?.isComplete === false && (
        <p class="quiet">More may have happened, which is not in memory any more.</p>
      )}
    </>
  )
}
