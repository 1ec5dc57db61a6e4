import { useState } from 'preact/hooks'
import { setToken, tokenFragment } from '../data/api.ts'
import type { Status, Store } from '../data/store.ts'
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
      {status?.shard && <Shards shard={status.shard} />}
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

/**
 * That this page has a part of all payments, and where the others are. A shard in another process may be on another host, which is not
 * known here.
 */
function Shards({ shard }: { readonly shard: NonNullable<Status['shard']> }) {
  const { index, count, adminPorts } = shard
  const others = adminPorts.map((port, other) => ({ port, other })).filter(({ other }) => other !== index)
  return (
    <nav class="banner warn" aria-label="Shards" data-shard={index}>
      <strong>
        Shard {index} of {count}.
      </strong>{' '}
      This page shows its payments alone, and what is changed here is changed here alone. Others:{' '}
      {others.map(({ port, other }) => (
        <span key={other}>
          {port === 0 ? `${other} (another process)` : <a href={addressOf(port)}>{`shard ${other}`}</a>}{' '}
        </span>
      ))}
      All together: <code>npm run status</code>, <code>npm run admin -- post /pause</code>
    </nav>
  )
}

/** The token goes along in the fragment, which no server is sent: shards of one process have the same tokens. */
function addressOf(port: number): string {
  const url = new URL(location.origin)
  url.port = `${port}`
  url.hash = tokenFragment()
  return url.href
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
