import type { settingOperations } from '@rinha/admin-api'
import type { Handlers } from '@rinha/openapi'
import { coordinatorSchema } from '../settings.ts'
import type { AdminSources } from './handlers.ts'

export function settingHandlers({
  settings,
  audit,
}: Pick<AdminSources, 'settings' | 'audit'>): Handlers<typeof settingOperations> {
  return {
    getSettings: () => ({
      status: 200,
      headers: { etag: `"${audit.latest('settings')?.seq ?? 0}"` },
      body: {
        settings: Object.entries(coordinatorSchema).map(([name, { secret, help, allowed }]) => ({
          name,
          value: secret ? null : settings[name as keyof typeof settings],
          from: process.env[name] === undefined ? ('default' as const) : ('environment' as const),
          isSecret: secret,
          help,
          allowed,
        })),
      },
    }),
  }
}
