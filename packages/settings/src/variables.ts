import { err, ok, type Result } from '@rinha/base'
import type { Schema, Settings } from './settings.ts'

/** The settings an environment gives, or one line for each variable that is wrong, naming it, its value and what is allowed. */
export function parseSettings<S extends Schema>(
  schema: S,
  environment: Readonly<Record<string, string | undefined>>,
): Result<Settings<S>, readonly string[]> {
  const problems: string[] = []
  const settings: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(schema)) {
    const given = environment[name]
    const value = given === undefined ? setting.fallback : setting.parse(given)
    if (value === undefined) {
      problems.push(
        `${name}=${setting.secret ? '(secret)' : JSON.stringify(given)} is not allowed: ${setting.allowed}`,
      )
    }
    settings[name] = value
  }
  return problems.length > 0 ? err(problems) : ok(settings as Settings<S>)
}

/** The page that `--help` prints: a line for each variable with its default, and one with what is allowed. */
export function printSettingsHelp(title: string, schema: Schema): string {
  const lines = Object.entries(schema).flatMap(([name, { fallback, shown, allowed, help, secret }]) => [
    `  ${name}=${secret ? '(secret)' : (shown ?? fallback)}`,
    `      ${help}`,
    `      Allowed: ${allowed}.`,
  ])
  return [title, '', 'Settings, by environment variable, with their defaults:', '', ...lines, ''].join('\n')
}
