import { err, ok, type Result } from '@rinha/base'
import { nearest } from './nearest.ts'
import { printValue, type Schema, type Settings } from './settings.ts'

/**
 * The settings an environment gives, or one line for each variable that is wrong, naming it, its value and what is allowed.
 *
 * An environment also has the variables of other programs and of the cluster's other processes, so an unknown name is
 * usually no mistake. It is refused only if it is nearly the name of a setting ({@link misspelt}). Example:
 * `JOURNAL_DRI`.
 */
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
  for (const name of Object.keys(environment)) {
    const meant = environment[name] === undefined ? undefined : misspelt(schema, name)
    if (meant !== undefined) problems.push(`there is no variable ${name}: did you mean ${meant}?`)
  }
  return problems.length > 0 ? err(problems) : ok(settings as Settings<S>)
}

/**
 * The setting that an unknown name was probably meant to be, or `undefined`. It differs by one letter, or by two if it
 * is long. A short name must have the same letters in another order, because short words are near to many others.
 */
export function misspelt(schema: Schema, name: string): string | undefined {
  const known = Object.keys(schema)
  if (known.includes(name) || !/^\w+$/.test(name)) return undefined
  // Names of several words also count in lower case: `policy` may belong to another program, `journal_dir` hardly.
  const given = name.includes('_') ? name.toUpperCase() : name
  const meant = nearest(given, known, ({ length }) => (length < 10 ? 1 : 2))
  const isShort = meant !== undefined && meant.length < 6
  return isShort && sorted(meant) !== sorted(given) ? undefined : meant
}

const sorted = (text: string) => [...text].sort().join('')

/** One line for each superfluous argument of a program that takes its settings only from variables. */
export function strayArguments(schema: Schema, argv: readonly string[]): readonly string[] {
  return argv.map(argument => {
    const name = argument.replace(/^-+/, '').replace(/=.*$/s, '').replaceAll('-', '_').toUpperCase()
    const meant = Object.keys(schema).includes(name) ? name : misspelt(schema, name)
    const hint = meant === undefined ? '--help shows them' : `did you mean ${meant}=…?`
    return `there is no ${argument.replace(/=.*$/s, '')}: settings are environment variables; ${hint}`
  })
}

/** The page that `--help` prints: a line for each variable with its default, and one with what is allowed. */
export function printSettingsHelp(title: string, schema: Schema): string {
  const lines = Object.entries(schema).flatMap(([name, setting]) => [
    `  ${name}=${setting.secret ? '(secret)' : printValue(setting, setting.fallback)}`,
    `      ${setting.help}`,
    `      Allowed: ${setting.allowed}.`,
  ])
  return [title, '', 'Settings, by environment variable, with their defaults:', '', ...lines, ''].join('\n')
}
