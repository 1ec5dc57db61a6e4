/** Of k6's modules and globals, what score.ts uses; k6 brings them itself, and no types with them. */
declare module 'k6' {
  export function sleep(seconds: number): void
}

declare module 'k6/crypto' {
  export function randomBytes(count: number): ArrayBuffer
}

declare module 'k6/execution' {
  const execution: {
    readonly scenario: { readonly name: string }
    readonly test: { abort(reason: string): void }
  }
  export default execution
}

declare module 'k6/metrics' {
  export class Counter {
    constructor(name: string)
    add(value: number, tags?: Readonly<Record<string, string>>): void
  }
}

declare module 'k6/http' {
  export interface Response {
    /** 0 where no answer came. */
    readonly status: number
    readonly body: string | null
    readonly error: string
    readonly error_code: number
    readonly timings: { readonly duration: number }
  }
  export interface Params {
    readonly headers?: Readonly<Record<string, string>>
    /** Milliseconds. */
    readonly timeout?: number
    /** `null`: k6 judges no answer, so the request is not among those whose latency counts as a success. */
    readonly responseCallback?: null
  }
  export interface BatchRequest {
    readonly method: string
    readonly url: string
    readonly params: Params
  }
  const http: {
    get(url: string, params: Params): Response
    post(url: string, body: string | null, params: Params): Response
    put(url: string, body: string, params: Params): Response
    batch<Name extends string>(requests: Readonly<Record<Name, BatchRequest>>): Record<Name, Response>
  }
  export default http
}

declare const __ENV: Readonly<Record<string, string | undefined>>
