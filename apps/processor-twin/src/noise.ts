import { err, type Result } from '@rinha/base'
import { noNoise, type ProcessorNoise, tailKinds } from '@rinha/processor-model'
import { boolean, decimal, oneOf, type Reader, readNamed, within } from './wire-json.ts'

/**
 * Noise over HTTP: `PUT /admin/configurations/noise`, which the original does not have. Its body has the fields of
 * `ProcessorNoise`, and what it does not name is off: `{}` ends all noise.
 */
const share = within(0, 1, decimal)
const ms = within(0, 3_600_000, decimal)

const readers: { readonly [Name in keyof ProcessorNoise]: Reader<ProcessorNoise[Name]> } = {
  tailKind: oneOf(tailKinds),
  tailShare: share,
  tailMsMin: ms,
  tailMsMax: ms,
  tailShape: within(0.01, 100, decimal),
  tailAfterInsert: boolean,
  resetBeforeShare: share,
  resetAfterShare: share,
  failAfterShare: share,
  pushBackShare: share,
  perSecondMax: within(0, 1_000_000),
  loadMs: ms,
  slowStartMs: ms,
}

/** The noise that a body names, or the problem with the body. */
export function readNoise(body: Uint8Array): Result<ProcessorNoise, string> {
  const read = readNamed(body, readers, noNoise)
  if (read.ok && read.value.tailMsMin > read.value.tailMsMax) return err('tailMsMin is more than tailMsMax.')
  return read
}
