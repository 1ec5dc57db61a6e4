import { useState } from 'preact/hooks'
import { setToken } from '../data/api.ts'
import type { Store } from '../data/store.ts'
import { ThemeSwitch } from './theme-switch.tsx'
import { clock, lasting } from './units.ts'

/** After this time without an event, the page says that its data are old. */
const staleMs = 3000

export function Header({ store, nowMs }: { readonly store: Store; readonly nowMs: number }) {
  const { heardMs, trouble, status, session } = store
  const isStale = heardMs > 0 && nowMs - heardMs > staleMs
  const state = heardMs === 0 ? 'connecting' : isStale ? 'stale' : 'live'
  return (
    <>
      <header>
        <h1>Payments</h1>
        <span class={`pill ${{ connecting: 'warn', stale: 'bad', live: 'good' }[state]}`} data-link={state}>
          {state}
        </span>
        <span class="quiet grow">
          {status && `policy ${status.policy} · API nodes ${status.nodes.join(', ') || 'none'}`}
        </span>
        {session && <span class="quiet">{whoWords(session)}</span>}
        <ThemeSwitch />
      </header>
      <div role="status">
        {isStale && (
          <p class="banner bad">
            Stale: nothing has been heard from the coordinator since {clock(heardMs)}, for{' '}
            {lasting(nowMs - heardMs)}. What is shown is how things were then.
          </p>
        )}
      </div>
      {trouble?.status === 401 && <TokenForm words={trouble.message} />}
      {trouble !== undefined && trouble.status !== 401 && <p class="banner warn">{trouble.message}</p>}
    </>
  )
}

/** The token's name and role. If both are the same word, it is shown once. */
function whoWords({ who, mayChange }: NonNullable<Store['session']>): string {
  const role = mayChange ? 'operator' : 'viewer'
  return `${who === role ? '' : `${who}, `}${role}${mayChange ? '' : ': reads only'}`
}

function TokenForm({ words }: { readonly words: string }) {
  const [token, change] = useState('')
  return (
    <form
      class="banner warn"
      onSubmit={event => {
        event.preventDefault()
        setToken(token.trim())
        location.reload()
      }}
    >
      <label for="token">{words}</label>{' '}
      <input
        id="token"
        type="password"
        autocomplete="off"
        value={token}
        onInput={event => change(event.currentTarget.value)}
      />{' '}
      <button type="submit">Use this token</button>
    </form>
  )
}
