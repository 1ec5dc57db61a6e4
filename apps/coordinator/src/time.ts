import { performance } from 'node:perf_hooks'
import type { Time } from '@rinha/base'

/** The one place of the coordinator that reads the clocks. */
export function time(): Time {
  return { nowMs: performance.now(), wallMs: Date.now() }
}
