import { err, ok, type Result } from '@rinha/base'
import { nearest } from './nearest.ts'
import { printValue, type Schema, type Setting, type Settings } from './settings.ts'

/**
 * What follows a command's name: words in this order, of which those with a fallback may be missing, and options. `nodePorts` of the
 * schema is `--node-ports` when it is typed, `--node-ports 1,2` or `--node-ports=1,2`.
 */
export interface CommandLine<Options extends Schema, Words extends Schema> {
  readonly words?: Words
  readonly options: Options
}

/** A command's page, as {@link printCommandHelp} prints it. */
export interface CommandPage {
  /** The first paragraph of the help page: what the command does. */
  readonly about: string
  /** What is typed before the words and options: `npm run score --`. */
  readonly typed: string
  /** The last part of the help page: exit codes and other notes. */
  readonly notes?: string
}

/**
 * The settings that a command line gives, `'help'` where it asks for that anywhere, or one line for each thing wrong with
 * it: the option, its value, what is allowed. Of an option that is given twice the last one counts.
 */
export function parseCommandLine<Options extends Schema, Words extends Schema = Record<never, never>>(
  { words, options }: CommandLine<Options, Words>,
  argv: readonly string[],
): Result<Settings<Options> & Settings<Words>, readonly string[]> | 'help' {
  if (argv.some(isHelp)) return 'help'
  const problems: string[] = []
  const given = sortArguments(argv, { words: words ?? {}, options }, problems)
  const settings: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries({ ...words, ...options })) {
    const name = words?.[key] === undefined ? optionName(key) : (setting.valueName ?? key)
    const texts = given.get(key) ?? []
    if (texts.length === 0) {
      if (setting.required || (words?.[key] !== undefined && setting.fallback === undefined))
        problems.push(`${name} is missing: ${setting.allowed}`)
      settings[key] = setting.fallback
      continue
    }
    const values = texts.map(text => readText(name, text, setting, problems))
    settings[key] = setting.repeats ? values.flat() : values.at(-1)
  }
  return problems.length > 0 ? err(problems) : ok(settings as Settings<Options> & Settings<Words>)
}

/** The options of these settings as they would be typed, those at their fallback too; no secrets. */
export function printOptions<Options extends Schema>(
  options: Options,
  settings: Partial<Settings<Options>>,
): string {
  return Object.entries(options)
    .flatMap(([key, { valueName, repeats, secret }]) => {
      const value = settings[key]
      if (value === undefined || value === false || secret) return []
      if (valueName === '') return [optionName(key)]
      const values: readonly unknown[] = repeats ? (value as readonly unknown[]) : [value]
      return values.map(each => `${optionName(key)} ${quoted(String(each))}`)
    })
    .join(' ')
}

/** The page that a command's `--help` prints. */
export function printCommandHelp(
  { words, options }: CommandLine<Schema, Schema>,
  { about, typed, notes }: CommandPage,
): string {
  const rows = [
    ...Object.entries(words ?? {}).map(([key, setting]) => [setting.valueName ?? key, explain(setting)]),
    ...Object.entries(options).map(([key, setting]) => [optionUsage(key, setting), explain(setting)]),
    ['--help', 'this page'],
  ] as const
  const column = Math.max(...rows.map(([name]) => name.length)) + 3
  const usage = [
    typed,
    ...Object.entries(words ?? {}).map(([key, { valueName = key, fallback }]) =>
      fallback === undefined ? valueName : `[${valueName}]`,
    ),
    ...Object.entries(options)
      .filter(([, { required }]) => required)
      .map(([key, setting]) => optionUsage(key, setting)),
    ...(Object.keys(options).length > 0 ? ['[options]'] : []),
  ].join(' ')
  const lines = rows.flatMap(([name, text]) =>
    wrap(text, lineLengthMax - column - 2).map(
      (line, index) => `  ${(index === 0 ? name : '').padEnd(column)}${line}`,
    ),
  )
  const page = [about.trim(), '', `Usage: ${usage}`, '', ...lines, '']
  return [...page, ...(notes === undefined ? [] : [notes.trim(), ''])].join('\n')
}

const lineLengthMax = 120

const isHelp = (text: string) => text === '--help' || text === '-h'

const optionName = (key: string) => `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`

const quoted = (text: string) => (/^[\w.,:/=@-]+$/.test(text) ? text : JSON.stringify(text))

function optionUsage(key: string, { valueName = 'TEXT' }: Setting<unknown>): string {
  return `${optionName(key)} ${valueName}`.trim()
}

/** The meaning of an option, its allowed values and its default. */
function explain(setting: Setting<unknown>): string {
  const { help, allowed, fallback, valueName, required, secret } = setting
  if (valueName === '') return help
  const shown = printValue(setting, fallback)
  const otherwise = required || shown === '' ? '' : `; ${secret ? '(secret)' : shown} by default`
  return `${help} [${allowed}${otherwise}]`
}

/** Sorts the arguments by setting. An argument that belongs to none is a problem. */
function sortArguments(
  argv: readonly string[],
  { words, options }: { readonly words: Schema; readonly options: Schema },
  problems: string[],
): ReadonlyMap<string, readonly string[]> {
  const keyOf = new Map(Object.keys(options).map(key => [optionName(key), key]))
  const wordKeys = Object.keys(words)
  const given = new Map<string, string[]>()
  const add = (key: string, text: string) => given.set(key, [...(given.get(key) ?? []), text])
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at] ?? ''
    // npm takes it out, pnpm hands it on.
    if (argument === '--') continue
    if (!argument.startsWith('-')) {
      const key = wordKeys.shift()
      if (key === undefined) problems.push(`${JSON.stringify(argument)} is one word too many`)
      else add(key, argument)
      continue
    }
    const [, name = argument, equals = '', inline = ''] = /^(--[^=]*)(=?)(.*)$/s.exec(argument) ?? []
    const key = keyOf.get(name)
    const next = argv[at + 1]
    const hasNext = next !== undefined && !next.startsWith('--')
    if (key === undefined) {
      problems.push(noSuchOption(name, [...keyOf.keys()]))
      // Otherwise it would also be reported as a superfluous word.
      if (equals === '' && hasNext) at += 1
    } else if (equals !== '') add(key, inline)
    else if (options[key]?.valueName === '') add(key, 'true')
    else if (hasNext) {
      add(key, next)
      at += 1
    } else problems.push(`${name} needs a value: ${options[key]?.allowed}`)
  }
  return given
}

function readText(name: string, text: string, setting: Setting<unknown>, problems: string[]): unknown {
  const value = setting.parse(text)
  if (value === undefined)
    problems.push(
      `${name} ${setting.secret ? '(secret)' : JSON.stringify(text)} is not allowed: ${setting.allowed}`,
    )
  return value
}

function noSuchOption(name: string, names: readonly string[]): string {
  const near = nearest(name, names, known => Math.max(2, known.length / 3))
  const hint = near === undefined ? `the options are ${names.join(', ')}` : `did you mean ${near}?`
  return `there is no ${name}: ${hint}`
}

function wrap(text: string, lengthMax: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > lengthMax) {
      lines.push(line)
      line = ''
    }
    line += (line === '' ? '' : ' ') + word
  }
  return [...lines, line]
}
