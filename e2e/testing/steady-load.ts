import { randomUUID } from 'node:crypto'

/** Posts payments at a steady rate until it is stopped. */
export class SteadyLoad {
  readonly accepted: string[] = []
  readonly #posting: NodeJS.Timeout
  readonly #pending = new Set<Promise<void>>()

  constructor(url: string, perSecond: number) {
    const tickMs = 50
    let dueCount = 0
    this.#posting = setInterval(() => {
      dueCount += (perSecond * tickMs) / 1000
      for (; dueCount >= 1; dueCount -= 1) this.#post(url)
    }, tickMs)
  }

  #post(url: string): void {
    const correlationId = randomUUID()
    const body = JSON.stringify({ correlationId, amount: 19.9 })
    const headers = { 'content-type': 'application/json' }
    const posted = fetch(url, { method: 'POST', headers, body }).then(
      response => {
        if (response.ok) this.accepted.push(correlationId)
      },
      () => {},
    )
    this.#pending.add(posted)
    posted.then(() => this.#pending.delete(posted))
  }

  async stop(): Promise<void> {
    clearInterval(this.#posting)
    await Promise.all(this.#pending)
  }
}

/** Configures a simulated processor. `what` is the last part of the path `/admin/configurations/…`. */
export async function configure(port: number, what: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-rinha-token': '123' }
  const response = await fetch(`http://localhost:${port}/admin/configurations/${what}`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`the processor at ${port} answers ${response.status}`)
}
