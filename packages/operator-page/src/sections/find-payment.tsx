import { useState } from 'preact/hooks'
import { call } from '../data/api.ts'
import { Panel } from '../parts/panel.tsx'

/** Where one payment stands, by its id. */
export function FindPayment() {
  const [id, setId] = useState('')
  const [found, setFound] = useState<object>()
  const [problem, setProblem] = useState('')
  const find = async (event: Event) => {
    event.preventDefault()
    setProblem('')
    setFound(undefined)
    try {
      setFound(await call<object>('GET', `payments/${encodeURIComponent(id.trim())}`))
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
        {found && <pre>{JSON.stringify(found, null, 2)}</pre>}
      </div>
    </Panel>
  )
}
