import { flag, integer, type Settings } from '@rinha/settings'
import { httpOrigin, runOptions } from '../score/options.ts'

/** What `chaos --noise` takes besides. */
export const noiseFlags = {
  noise: flag({
    help:
      'in place of all that: plays noise at both processors of a cluster that runs, under open-loop load; the options ' +
      'below are for this alone, those above are not',
  }),
  rate: integer({ fallback: 300, min: 1, max: 5000, help: 'payments posted a second' }),
  seconds: integer({ fallback: 60, min: 1, max: 3600, help: 'for so long' }),
  yes: runOptions.yes,
  backend: runOptions.backend,
  admin: httpOrigin('http://localhost:9090', "the coordinator's admin port"),
  default: runOptions.default,
  fallback: runOptions.fallback,
  token: { ...runOptions.token, secret: true },
}

export type NoiseFlags = Settings<typeof noiseFlags>

/** What the processors of the compose file remember. */
export const postedCountMax = 300_000
