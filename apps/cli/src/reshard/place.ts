import { readFileSync } from 'node:fs'
import process from 'node:process'
import type { JetStreamOptions } from '@rinha/journal/jetstream'
import { StartProblem, UsageProblem } from '@rinha/service'
import { logSettings, parseSettings } from '@rinha/settings'

/** Where the journals of all shards are: below a directory, or at the servers of replicated logs. */
export type Place =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'log'; readonly name: string; readonly access: LogAccess }

/** How logs are opened. */
export type LogAccess = Omit<JetStreamOptions, 'shard' | 'mustExist'>

/** Reads `DIR` or `log:NAME`; for the latter the variables say where the servers are. */
export function readPlace(option: string, text: string): Place {
  const name = /^log:(.*)$/.exec(text)?.[1]
  if (name === undefined) return { kind: 'directory', path: text }
  if (logSettings.LOG_NAME.parse(name) === undefined)
    throw new UsageProblem(`${option} ${text}: the name of a log has ${logSettings.LOG_NAME.allowed}`)
  return { kind: 'log', name, access: readAccess(option, text) }
}

export function printPlace(place: Place): string {
  return place.kind === 'log' ? `log:${place.name}` : place.path
}

function readAccess(option: string, text: string): LogAccess {
  const { LOG_SERVERS, LOG_CREDENTIALS_FILE, LOG_BYTES_MAX } = logSettings
  const settings = parseSettings({ LOG_SERVERS, LOG_CREDENTIALS_FILE, LOG_BYTES_MAX }, process.env)
  if (!settings.ok) throw new UsageProblem(settings.error.join('\n'))
  const servers = settings.value.LOG_SERVERS
  if (servers === null)
    throw new UsageProblem(`${option} ${text} needs the variable LOG_SERVERS, as coordinators have it`)
  const { addresses, user, password, needsTls } = servers
  return {
    ...{ servers: addresses, user, password, needsTls },
    credentials: readCredentials(settings.value.LOG_CREDENTIALS_FILE),
    replicaCount: addresses.length < 3 ? 1 : 3,
    logBytesMax: settings.value.LOG_BYTES_MAX,
  }
}

function readCredentials(path: string): string | undefined {
  if (path === '') return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StartProblem(`LOG_CREDENTIALS_FILE=${path}: ${(error as Error).message}`)
  }
}
