import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Operation, ProblemAnswer } from '@rinha/openapi'
import { networkCheck, type ReadNetworks } from './read-networks.ts'
import type { Tokens } from './tokens.ts'

/** Decides who may do what at the admin port, by ADMIN_HOST, ADMIN_NAMES, ADMIN_TOKENS_FILE and ADMIN_READ_NETWORKS. */
export interface AccessOptions {
  /** The names under which the port is reached, besides localhost and addresses. */
  readonly names: readonly string[]
  /** Undefined where no token is known. */
  readonly tokens: Tokens | undefined
  readonly readNetworks: ReadNetworks
}

/**
 * Whether a request is accepted, and whose it is. Open operations need no token. A change always needs an operator's
 * token. A read needs a token, or comes from a network that needs none. Without ADMIN_TOKENS_FILE these networks are
 * the loopback addresses, unless others are named.
 */
export class Access {
  readonly #names: ReadonlySet<string>
  readonly #tokens: Tokens | undefined
  readonly #mayReadFrom: (peer: string, local: string) => boolean

  constructor({ names, tokens, readNetworks }: AccessOptions) {
    this.#names = new Set(['localhost', ...names].map(name => name.toLowerCase()))
    this.#tokens = tokens
    this.#mayReadFrom = networkCheck(
      tokens === undefined && readNetworks.length === 0 ? ['loopback'] : readNetworks,
    )
  }

  /**
   * Why a request is refused whatever it asks. Its Origin shows a page of another origin; its Host shows a foreign name
   * that points here (DNS rebinding).
   */
  refusalOf({ headers }: IncomingMessage): ProblemAnswer | undefined {
    const { origin, host = '' } = headers
    const [, name = ''] = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host) ?? []
    if (isIP(name.replace(/^\[|\]$/g, '')) === 0 && !this.#names.has(name.toLowerCase()))
      return forbidden('Not under this name: use an address or localhost, or name it in ADMIN_NAMES.')
    if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
      return forbidden('Not from a page of another origin.')
    return undefined
  }

  /** The name of the caller, or the reason why the request is refused. */
  whoMay(
    { headers, socket }: IncomingMessage,
    role: Operation['role'],
  ): { readonly who: string; readonly mayChange: boolean } | ProblemAnswer {
    const anybody = { who: 'anybody', mayChange: false }
    if (role === 'open') return anybody
    const { authorization } = headers
    if (this.#tokens !== undefined && authorization !== undefined) {
      const [, token] = /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(authorization) ?? []
      const holder = token === undefined ? undefined : this.#tokens.holderOf(token)
      if (holder === undefined)
        return unauthenticated('The token is not known here.', ', error="invalid_token"')
      if (role === 'operator' && holder.role === 'viewer')
        return forbidden(`${holder.name} is a viewer: only an operator may do this.`)
      return { who: holder.name, mayChange: holder.role === 'operator' }
    }
    const isNear = this.#mayReadFrom(socket.remoteAddress ?? '', socket.localAddress ?? '')
    if (role === 'viewer' && isNear) return anybody
    if (this.#tokens !== undefined) return unauthenticated('A token is needed: Authorization: Bearer TOKEN.')
    if (isNear) return forbidden('Without tokens (ADMIN_TOKENS_FILE) nothing can be changed here.')
    return forbidden(
      'Without tokens (ADMIN_TOKENS_FILE) only this machine may read here, or ADMIN_READ_NETWORKS.',
    )
  }
}

function forbidden(detail: string): ProblemAnswer {
  return { problem: 'forbidden', detail }
}

function unauthenticated(detail: string, more = ''): ProblemAnswer {
  return {
    problem: 'unauthenticated',
    detail,
    headers: { 'www-authenticate': `Bearer realm="admin"${more}` },
  }
}
