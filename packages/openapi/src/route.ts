import type { Operation, Operations } from './operation.ts'

export interface Route {
  readonly operationId: string
  readonly operation: Operation
  /** The parameters of the path, decoded. */
  readonly params: { readonly [name: string]: string }
}

/** Whose path it is, by method. HEAD is answered where GET is. */
export type Found =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'otherMethods'; readonly allow: string }
  | { readonly kind: 'notDecodable' }
  | { readonly kind: 'none' }

/** Finds the operation of a request. Paths are compared segment by segment; one without parameters comes first. */
export class Router {
  readonly #routes: readonly {
    readonly id: string
    readonly operation: Operation
    readonly segments: readonly string[]
  }[]

  constructor(operations: Operations) {
    this.#routes = Object.entries(operations)
      .map(([id, operation]) => ({ id, operation, segments: operation.path.split('/') }))
      .sort((a, b) => Number(a.operation.path.includes('{')) - Number(b.operation.path.includes('{')))
  }

  find(method: string, path: string): Found {
    const given = decoded(path)
    if (given === undefined) return { kind: 'notDecodable' }
    const matching = this.#routes.filter(({ segments }) => matches(segments, given))
    const asked = method === 'HEAD' ? 'GET' : method
    const match = matching.find(({ operation }) => operation.method === asked)
    if (match === undefined) {
      const allow = matching.flatMap(({ operation }) =>
        operation.method === 'GET' ? ['GET', 'HEAD'] : [operation.method],
      )
      return allow.length === 0
        ? { kind: 'none' }
        : { kind: 'otherMethods', allow: [...new Set(allow)].join(', ') }
    }
    const { id, operation, segments } = match
    const params = Object.fromEntries(
      segments.flatMap((segment, index) =>
        isParameter(segment) ? [[segment.slice(1, -1), given[index] ?? '']] : [],
      ),
    )
    return { kind: 'route', route: { operationId: id, operation, params } }
  }
}

function decoded(path: string): readonly string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function matches(segments: readonly string[], given: readonly string[]): boolean {
  return (
    segments.length === given.length &&
    segments.every((segment, index) =>
      isParameter(segment) ? given[index] !== '' : segment === given[index],
    )
  )
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{')
}
