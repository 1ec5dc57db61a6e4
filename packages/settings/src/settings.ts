import { assert, err, ok, type Result } from '@rinha/base'

/**
 * Settings come from environment variables, through one typed schema for each app. The schema is the only place that
 * knows a variable's name, default, range and meaning; `--help` prints it, and a value outside it stops the start.
 */
export interface Setting<T> {
  readonly fallback: T
  /** How the fallback is written as a variable, where `String(fallback)` is not that. */
  readonly shown?: string
  /** One line: what it does and why one would change it. */
  readonly help: string
  /** What is allowed, as a phrase that completes "allowed: …". */
  readonly allowed: string
  /** Never printed, neither in help nor in an error. */
  readonly secret: boolean
  /** The value of a text, or `undefined` where it is not allowed. */
  readonly parse: (text: string) => T | undefined
}

export type Schema = Readonly<Record<string, Setting<unknown>>>
export type Settings<S extends Schema> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never
}

interface Common<T> {
  readonly fallback: T
  readonly help: string
}

/** A whole number in [min, max]. The variable's name carries the unit. */
export function integer(
  options: Common<number> & { readonly min: number; readonly max: number },
): Setting<number> {
  const { min, max, fallback, help } = options
  assert(fallback >= min && fallback <= max, `the fallback ${fallback} is in its own range`)
  return {
    fallback,
    help,
    secret: false,
    allowed: `a whole number from ${min} to ${max}`,
    parse: text => {
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

/** `true` or `false`. */
export function flag(options: Common<boolean>): Setting<boolean> {
  return {
    ...options,
    secret: false,
    allowed: 'true or false',
    parse: text => (text === 'true' ? true : text === 'false' ? false : undefined),
  }
}

/** One word of a list. */
export function choice<const Word extends string>(
  options: Common<NoInfer<Word>> & { readonly words: readonly Word[] },
): Setting<Word> {
  const { words, fallback, help } = options
  return {
    fallback,
    help,
    secret: false,
    allowed: `one of ${words.join(', ')}`,
    parse: text => words.find(word => word === text),
  }
}

/** A text that matches a pattern, which `allowed` puts in words. */
export function text(
  options: Common<string> & {
    readonly pattern?: RegExp
    readonly allowed?: string
    readonly secret?: boolean
  },
): Setting<string> {
  const { pattern = /^.+$/, allowed = 'any text that is not empty', secret = false, fallback, help } = options
  return { fallback, help, secret, allowed, parse: value => (pattern.test(value) ? value : undefined) }
}

/** An `http://host:port` address without a path. */
export function origin(options: Common<string>): Setting<string> {
  return {
    ...options,
    secret: false,
    allowed: 'an http:// or https:// address without a path, such as http://localhost:8001',
    parse: value => {
      if (!URL.canParse(value)) return undefined
      const url = new URL(value)
      const plain =
        (url.protocol === 'http:' || url.protocol === 'https:') && url.pathname === '/' && url.search === ''
      return plain ? url.origin : undefined
    },
  }
}

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
