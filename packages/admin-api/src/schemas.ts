import { integer, nothing, type TSchema, text, union } from '@rinha/openapi'

/**
 * Schemas that several topics use. Lengths are bounded, so that too long values are refused before anything else looks
 * at them.
 */

export const correlationId = text({
  pattern: '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$',
  examples: ['4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'],
  description: 'The UUID under which a payment was posted.',
})

export const processorName = text({ minLength: 1, maxLength: 64, description: 'The name of a processor.' })

export const instant = text({
  maxLength: 40,
  examples: ['2026-11-29T12:00:00.000Z'],
  description: 'An instant in ISO 8601.',
})

/** An instant in an answer. */
export const instantOut = text({ format: 'date-time' })

export const count = integer({ minimum: 0 })

/** Where a page of a list begins: the nextCursor of the page before. */
export const cursor = text({ pattern: '^[1-9][0-9]{0,14}$', description: 'nextCursor of the page before.' })

/** The same for a list of payments: the row and the id of the last payment that was examined. */
export const rowCursor = text({
  pattern: '^[0-9]{1,10}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
  description: 'nextCursor of the page before.',
})

export const nextCursor = orNull(
  text({ description: 'The cursor of the next page; null where this is the last.' }),
)

export const pageLimitDefault = 50
export const pageLimit = integer({
  minimum: 1,
  maximum: 200,
  description: `At most so many; ${pageLimitDefault} by default.`,
})

export function orNull<Schema extends TSchema>(schema: Schema) {
  return union([schema, nothing()])
}
