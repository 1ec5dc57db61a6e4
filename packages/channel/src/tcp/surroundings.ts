import { randomBytes } from 'node:crypto'
import type { Timers } from '@rinha/base'
import type { Chance } from '../ends/ports.ts'

export const timers: Timers = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  every: (intervalMs, run) => {
    const timer = setInterval(run, intervalMs)
    return () => clearInterval(timer)
  },
  soon: run => {
    setImmediate(run)
  },
}

export const chance: Chance = {
  unit: () => Math.random(),
  bytes: count => new Uint8Array(randomBytes(count)),
}
