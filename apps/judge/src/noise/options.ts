import { flag, integer, type Settings } from '@rinha/settings'
import { httpOrigin, runOptions } from '../score/options.ts'

/** What `chaos --noise` takes besides. */
export const noiseFlags = {
  noise: flag({
    help:
      'does something else: it adds noise to both processors of a running cluster, under open-loop load. It takes the ' +
      'options below, and none of those above',
  }),
  rate: integer({ fallback: 300, min: 1, max: 5000, help: 'payments posted in a second' }),
  seconds: integer({ fallback: 60, min: 1, max: 3600, help: 'how long payments are posted' }),
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
