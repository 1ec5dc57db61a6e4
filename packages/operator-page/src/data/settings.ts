import type { AnswerOf } from '@rinha/admin-api'
import { call, Refusal, send } from './api.ts'

type Settings = AnswerOf<'getSettings'>['settings']
export type Setting = Settings[number]
/** The settings, with the version that a change refers to. */
export interface ReadSettings {
  readonly settings: Settings
  readonly etag: string
}

export async function readSettings(response: Response): Promise<ReadSettings> {
  const { settings } = (await response.json()) as AnswerOf<'getSettings'>
  return { settings, etag: response.headers.get('etag') ?? '' }
}

/**
 * Changes a setting if no setting was changed since they were read. Otherwise it throws an error that says what is in
 * force now, and may be called again.
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
        `Somebody changed a setting after you opened it. ${name} is ${now?.value} now. Press again to change it all the same.`,
      )
    }
  }
}
