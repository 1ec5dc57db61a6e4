import { setTimeout as sleepMs } from 'node:timers/promises'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON, or `undefined` if it is not JSON. */
  readonly json: unknown
  readonly elapsedMs: number
}

/** A request under way. */
export interface Sent {
  readonly reply: Promise<Reply>
  /** Closes the connection without waiting for the answer; `reply` then rejects. */
  abandon(): void
}

interface RequestOptions {
  readonly body?: string
  readonly contentType?: string | undefined
  readonly token?: string | undefined
}

/** The processor under test, as calls. */
export class Target {
  token: string
  readonly #url: string
  readonly #firstToken: string
  /** The value of each switch before it was first changed. */
  readonly #before = new Map<'delay' | 'failure', unknown>()

  constructor(url: string, token: string) {
    this.#url = url
    this.token = token
    this.#firstToken = token
  }

  send(method: string, path: string, options: RequestOptions = {}): Sent {
    const startMs = performance.now()
    const { body = null, contentType, token } = options
    const headers = {
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(token !== undefined && { 'x-rinha-token': token }),
    }
    const leaving = new AbortController()
    const url = new URL(path, this.#url)
    const reply = fetch(url, { method, headers, body, signal: leaving.signal }).then(async response => {
      const text = await response.text()
      const { status, headers } = response
      return { status, headers, text, json: parse(text), elapsedMs: performance.now() - startMs }
    })
    // A caller that abandons a request does not read its reply. A caller that reads it still gets the error.
    reply.catch(() => {})
    return { reply, abandon: () => leaving.abort() }
  }

  sendPayment(body: object | string, contentType: string | undefined = 'application/json'): Sent {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return this.send('POST', '/payments', { body: text, contentType })
  }

  pay(body: object | string): Promise<Reply> {
    return this.sendPayment(body).reply
  }

  lookup(id: string): Promise<Reply> {
    return this.send('GET', `/payments/${id}`).reply
  }

  sendHealth(): Sent {
    return this.send('GET', '/payments/service-health')
  }

  summary(query: Record<string, string> = {}): Promise<Reply> {
    const search = new URLSearchParams(query).toString()
    return this.send('GET', `/admin/payments-summary?${search}`, { token: this.token }).reply
  }

  purge(): Promise<Reply> {
    return this.send('POST', '/admin/purge-payments', { token: this.token }).reply
  }

  async setToken(token: string): Promise<Reply> {
    const reply = await this.configure('token', { token })
    if (reply.status < 300) this.token = token
    return reply
  }

  setDelay(delay: number): Promise<Reply> {
    return this.#set('delay', delay, 0)
  }

  setFailure(failure: boolean): Promise<Reply> {
    return this.#set('failure', failure, false)
  }

  async #set<T>(name: 'delay' | 'failure', value: T, usual: T): Promise<Reply> {
    const reply = await this.configure(name, { [name]: value })
    if (!this.#before.has(name)) this.#before.set(name, wasOf(reply, usual))
    return reply
  }

  configure(name: 'token' | 'delay' | 'failure', fields: object, token = this.token): Promise<Reply> {
    const body = JSON.stringify(fields)
    const path = `/admin/configurations/${name}`
    return this.send('PUT', path, { body, contentType: 'application/json', token }).reply
  }

  /** No delay, no failure, no payments: what each scenario starts from. */
  async calm(): Promise<void> {
    for (const reply of [await this.setDelay(0), await this.setFailure(false), await this.purge()]) {
      if (reply.status >= 300) {
        throw new Error(`the admin endpoints answer ${reply.status}: is the token right?`)
      }
    }
  }

  /** Puts delay, failure and token back to their values from before. */
  async leave(): Promise<void> {
    for (const [name, was] of this.#before) await this.configure(name, { [name]: was })
    if (this.token !== this.#firstToken) await this.setToken(this.#firstToken)
  }
}

/** The processor answers the earlier value of a switch. A switch without such an answer is set to its usual value. */
function wasOf<T>(reply: Reply, usual: T): T {
  const { json } = reply
  const was = typeof json === 'object' && json !== null && 'was' in json ? json.was : undefined
  return typeof was === typeof usual ? (was as T) : usual
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function sleep(durationMs: number): Promise<void> {
  return sleepMs(Math.max(0, durationMs))
}
