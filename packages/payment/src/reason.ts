import { assert } from '@rinha/base'

/** Characters of a reason of rejection that are kept: a line for the operator, not the body that a processor answered. */
export const reasonLengthMax = 200

/** How many different reasons are kept word for word. Further ones share one common reason. */
export const reasonCountMax = 64

/** A reason as it is kept. No character is cut in two. */
export function clipReason(reason: string): string {
  if (reason.length <= reasonLengthMax) return reason
  const last = reason.charCodeAt(reasonLengthMax - 1)
  const cutsPair = last >= 0xd800 && last < 0xdc00
  return reason.slice(0, cutsPair ? reasonLengthMax - 1 : reasonLengthMax)
}

assert(reasonCountMax < 256, 'a reason is named by a byte')
