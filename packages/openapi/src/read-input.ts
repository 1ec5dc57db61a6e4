import { err, ok, type Result } from '@rinha/base'
import { Check, Errors } from 'typebox/schema'
import type { ObjectSchema, Operation } from './operation.ts'
import type { TSchema } from './schema.ts'

/** The input of a request, not checked yet. */
export interface RawInput {
  readonly params: { readonly [name: string]: string }
  readonly query: Iterable<readonly [name: string, text: string]>
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined }
  readonly body: unknown
}

/** What was read, by the document; see {@link Request}. */
export interface ReadInput {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly body: unknown
}

/** The input of an operation, or a sentence on the first thing that is wrong with it. Values are not repeated in it. */
export function readInput(operation: Operation, raw: RawInput): Result<ReadInput, string> {
  const query = readQuery(operation.query, raw.query)
  if (!query.ok) return query
  const headers = pick(operation.headers, raw.headers)
  const { params, body } = raw
  const wrong =
    (operation.params && schemaProblem(operation.params, params, 'path')) ??
    (operation.query && schemaProblem(operation.query, query.value, 'query')) ??
    (operation.headers && schemaProblem(operation.headers, headers, 'header')) ??
    (operation.body && schemaProblem(operation.body, body, 'body'))
  return wrong === undefined ? ok({ params, query: query.value, headers, body }) : err(wrong)
}

function readQuery(
  schema: ObjectSchema | undefined,
  given: RawInput['query'],
): Result<{ readonly [name: string]: unknown }, string> {
  const values = new Map<string, unknown>()
  for (const [name, text] of given) {
    if (schema === undefined || !Object.hasOwn(schema.properties, name))
      return err(`query: the parameter ${name.slice(0, 40)} means nothing here.`)
    if (values.has(name)) return err(`query: ${name} is given twice.`)
    const { type } = schema.properties[name] as { readonly type?: string }
    values.set(name, readText(type, text))
  }
  return ok(Object.fromEntries(values))
}

/** A text that is not a number stays a text. The schema then refuses it. */
function readText(type: string | undefined, text: string): unknown {
  if (type === 'integer' && /^-?\d{1,40}$/.test(text)) return Number(text)
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function pick(
  schema: ObjectSchema | undefined,
  headers: RawInput['headers'],
): { readonly [name: string]: unknown } {
  const names = Object.keys(schema?.properties ?? {}).filter(name => headers[name] !== undefined)
  return Object.fromEntries(names.map(name => [name, headers[name]]))
}

/** The problem with a value, or undefined. For a union, the `description` says what is allowed. */
export function schemaProblem(schema: TSchema, value: unknown, where: string): string | undefined {
  if (Check(schema, value)) return undefined
  const { description } = schema as { readonly description?: string }
  if ('anyOf' in schema && description !== undefined) return `${where}: ${description}`
  const [, [first] = []] = Errors(schema, value)
  if (first === undefined) return `${where}: not as the document has it.`
  const at = first.instancePath.slice(1, 80).replaceAll('/', '.') || where
  const words = first.keyword === 'boolean' ? 'means nothing here' : first.message
  return at === where ? `${where}: ${words}.` : `${where}: ${at} ${words}.`
}
