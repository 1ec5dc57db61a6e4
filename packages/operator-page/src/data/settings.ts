import type { AnswerOf } from '@rinha/admin-api'
import { call, Refusal, send } from './api.ts'

type Settings = AnswerOf<'getSettings'>['settings']
export type Setting = Settings[number]
/** With the version that a change is decided on. */
export interface ReadSettings {
  readonly settings: Settings
  readonly etag: string
}

export async function readSettings(response: Response): Promise<ReadSettings> {
  const { settings } = (await response.json()) as AnswerOf<'getSettings'>
  return { settings, etag: response.headers.get('etag') ?? '' }
}

/**
 * Changes a setting if nobody else has changed one since the settings were read. Otherwise it answers what is in force
 * now, and may be called again.
 */
export function whenRead(name: string, etagRead: string, fixed?: null): (value: string) => Promise<unknown> {
  let etag = etagRead
  return async value => {
    try {
      return await call('PATCH', 'settings', { [name]: fixed === null ? null : value }, { 'if-match': etag })
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 412)) throw error
      const read = await readSettings(await send('GET', 'settings'))
      etag = read.etag
      const now = read.settings.find(setting => setting.name === name)
      throw new Error(
        `Somebody has changed settings since you have read them. ${name} is ${now && textOf(now)} now. Again, if you still want to.`,
      )
    }
  }
}

interface Processor {
  readonly name: string
  readonly origin: string
  readonly feeBps: number
  readonly fastMsMax: number
}

/** As it is written in the environment. */
export function textOf({ name, value }: Setting): string {
  if (name === 'PROCESSORS')
    return (value as readonly Processor[])
      .map(each => `${each.name}=${each.origin}@${each.feeBps / 10_000}@${each.fastMsMax}`)
      .join(',')
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`
}
