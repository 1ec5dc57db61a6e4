/**
 * Calls of the admin port. The token comes in the fragment of the page's address (`#token=…`), which no server is sent; it is kept
 * for this tab and taken out of the address bar.
 */
const tokenKey = 'token'

export function takeToken(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token === null) return
  sessionStorage.setItem(tokenKey, token)
  history.replaceState(null, '', location.pathname + location.search)
}

export function setToken(token: string): void {
  sessionStorage.setItem(tokenKey, token)
}

/** What hands the token to another page, or nothing. */
export function tokenFragment(): string {
  const token = sessionStorage.getItem(tokenKey)
  return token === null ? '' : new URLSearchParams({ [tokenKey]: token }).toString()
}

export function authorization(): { readonly authorization?: string } {
  const token = sessionStorage.getItem(tokenKey)
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

/** A refusal of the server, in its words. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, words: string) {
    super(words)
    this.status = status
  }
}

export async function call<Answer>(...request: Parameters<typeof send>): Promise<Answer> {
  return (await (await send(...request)).json()) as Answer
}

/** Returns the answer, unless it is a {@link Refusal}. */
export async function send(
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(path, {
    method,
    headers: {
      ...authorization(),
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw await refusalOf(response)
  return response
}

export async function refusalOf(response: Response): Promise<Refusal> {
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string }
  return new Refusal(
    response.status,
    problem.detail ?? problem.title ?? `the server answered ${response.status}`,
  )
}
