import { integer, type Settings, setting, text } from '@rinha/settings'
import { httpOrigin, runOptions } from '../score/options.ts'

/** Another backend that is played before each run, so that both p99s can be compared. */
export interface ComparedBackend {
  readonly name: string
  readonly origin: string
}

export const k6Options = {
  ...runOptions,
  runs: integer({
    fallback: 1,
    min: 1,
    max: 50,
    help: 'the number of runs, one after the other; several end with a table of all runs and their medians',
  }),
  against: setting<ComparedBackend | undefined>({
    valueName: 'NAME=URL',
    help:
      'plays the same schedule against this backend before each run, such as e2e/k6/floor, and shows both p99s and their ' +
      'ratio. The sums of this backend are not checked',
    allowed: 'a name and an address, such as floor=http://localhost:9998',
    parse: readCompared,
  }),
  containers: text({
    valueName: 'PROJECT',
    pattern: /^[a-z0-9][a-z0-9_-]*$/,
    help: "the compose project whose containers are measured; by default the one that publishes the backend's port",
    allowed: 'the name of a compose project, as `docker compose ls` prints it',
  }),
  json: {
    ...runOptions.json,
    help: 'also writes the partial-results JSON to this file; with several runs, to FILE-1, FILE-2 and so on, with the number before the extension',
  },
}

export type K6Options = Settings<typeof k6Options>

function readCompared(text: string): ComparedBackend | undefined {
  const [, name, url = ''] = /^([a-z0-9][a-z0-9_-]{0,19})=(.+)$/i.exec(text) ?? []
  const origin = httpOrigin(undefined, '').parse(url)
  return name === undefined || origin === undefined ? undefined : { name, origin }
}
