import type { ProblemKind } from './problems/problem-kinds.ts'
import type { TSchema, Value } from './schema.ts'

/**
 * An operation of an HTTP API, from which its part of the OpenAPI document, its route, what is checked of a request and the
 * types of its handler follow. The key under which it stands in {@link Operations} is its operationId.
 */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Segments in braces are parameters: `/payments/{id}`. */
  readonly path: `/${string}`
  /**
   * Who may call it. `open`: everybody. `client`: whoever has an API key, if keys are required. `viewer`: who may read.
   * `operator`: who may change.
   */
  readonly role: Role
  readonly tag: string
  /** The summary, one line. */
  readonly summary: string
  readonly description?: string
  /** Parameters. Those of the path are texts; in the query a whole number is written in decimal. Headers in small letters. */
  readonly params?: ObjectSchema
  readonly query?: ObjectSchema
  readonly headers?: ObjectSchema
  /** A body of JSON. No body at all stands for `{}`. */
  readonly body?: TSchema
  readonly bodyBytesMax?: number
  readonly answers: { readonly [status: number]: AnswerShape }
  /** The problems that its handler can answer, besides bad-request and those that come from its role and its body. */
  readonly problems: readonly ProblemKind[]
}

/** A schema of an object, as typebox makes it or as plain JSON. */
export type ObjectSchema = TSchema & {
  readonly properties: { readonly [name: string]: TSchema }
  readonly required?: readonly string[] | undefined
}

type Role = 'open' | 'client' | 'viewer' | 'operator'

export type AnswerShape = {
  readonly description: string
  readonly headers?: ObjectSchema
} /** `isPrinted`: its handler gives the text, not the value. */ & (
  | { readonly json: TSchema; readonly isPrinted?: true }
  /** A text of this Content-Type. Where that is empty, no body comes at all. */
  | { readonly text: string }
  /** A stream of this Content-Type, which is written until the client leaves. */
  | { readonly stream: string }
)

export interface Operations {
  readonly [operationId: string]: Operation
}

/** Operations with their literal types kept. */
export function operations<const All extends Operations>(all: All): All {
  return all
}

/** The arguments of a handler. `who` is the name of a token, or `loopback`. */
interface Request<Of extends Operation> {
  readonly params: Input<Of['params']>
  readonly query: Input<Of['query']>
  readonly headers: Input<Of['headers']>
  readonly body: Input<Of['body']>
  readonly who: string
  /** Whether that one is an operator. */
  readonly mayChange: boolean
}

type Input<Schema> = Schema extends TSchema ? Value<Schema> : undefined

type Headers = { readonly headers?: { readonly [name: string]: string } }

/** The port that a stream is written to. */
export interface Sink {
  /** If the client reads too slowly, what is written is buffered; {@link pendingBytes} says how much. */
  write(text: string): void
  pendingBytes(): number
  /** Ends it at once, whatever is pending. */
  destroy(): void
  /** Runs when the client is gone, or the server ends. */
  onClose(run: () => void): void
}

type Body<Shape> = Shape extends { readonly isPrinted: true }
  ? string
  : Shape extends { readonly json: infer Schema extends TSchema }
    ? Value<Schema>
    : Shape extends { readonly stream: string }
      ? (sink: Sink) => void
      : string

/** An answer of the document. Another status, body or problem is a type error. */
export type Answer<Of extends Operation> =
  | {
      [Status in keyof Of['answers'] & number]: {
        readonly status: Status
        readonly body: Body<Of['answers'][Status]>
      } & Headers
    }[keyof Of['answers'] & number]
  | ProblemAnswer<
      Of['problems'][number] | 'bad-request' | (Of['role'] extends 'operator' ? 'unavailable' : never)
    >

export type ProblemAnswer<Kind extends ProblemKind = ProblemKind> = {
  readonly problem: Kind
  readonly detail: string
} & Headers

type Handler<Of extends Operation> = (request: Request<Of>) => Answer<Of> | Promise<Answer<Of>>

/** A handler for each operation, and no other. */
export type Handlers<All extends Operations> = { readonly [Id in keyof All]: Handler<All[Id]> }
