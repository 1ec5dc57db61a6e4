import { flag, integer, type Settings } from '@rinha/settings'
import { httpOrigin, runOptions } from '../score/options.ts'

/** The further options of `chaos --noise`. */
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

/** The most payments that the processors of the compose file keep. */
export const postedCountMax = 300_000
