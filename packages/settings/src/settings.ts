import { assert } from '@rinha/base'

/**
 * Settings come from environment variables or from the options of a command line, through one typed schema for each
 * program. The schema is the only place that knows a setting's name, default, range and meaning; `--help` prints it, and
 * a value outside it stops the start.
 */
export interface Setting<T> {
  readonly fallback: T
  /** One line: what the setting does, and why one would change it. */
  readonly help: string
  /** What is allowed, as a phrase that completes "allowed: …". */
  readonly allowed: string
  /** The value is never printed, neither in help nor in an error. */
  readonly secret: boolean
  /** The value that a text stands for, or `undefined` if the text is not allowed. */
  readonly parse: (text: string) => T | undefined
  /** A text that {@link parse} reads as this value, where `String(value)` is none. */
  print?(value: T): string
  /** The placeholder of the value on a command's help page: `N`, `FILE`. Empty: the option has no value (`--watch`). */
  readonly valueName?: string
  /** As an option of a command, it has to be given. */
  readonly required?: boolean
  /** As an option of a command, it may be given several times. Its values are lists, which are joined. */
  readonly repeats?: boolean
}

export type Schema = Readonly<Record<string, Setting<unknown>>>
export type Settings<S extends Schema> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never
}

/** Without a fallback, a setting that is not given has the value `undefined`. */
interface Common<T> {
  readonly fallback?: T
  readonly help: string
  readonly valueName?: string
}

interface Range {
  readonly min: number
  readonly max: number
}

/** A whole number in [min, max]. The variable's name carries the unit. */
export function integer<Fallback extends number | undefined = undefined>(
  options: Common<Fallback> & Range,
): Setting<number | Fallback> {
  return numeric(options, /^-?\d{1,15}$/, 'a whole number')
}

/** A number in [min, max], with at most six decimals. */
export function number<Fallback extends number | undefined = undefined>(
  options: Common<Fallback> & Range,
): Setting<number | Fallback> {
  return numeric(options, /^-?(\d{1,9}(\.\d{1,6})?|\.\d{1,6})$/, 'a number')
}

function numeric<Fallback extends number | undefined>(
  { min, max, ...common }: Common<Fallback> & Range,
  pattern: RegExp,
  what: string,
): Setting<number | Fallback> {
  const { fallback } = common
  assert(
    fallback === undefined || (fallback >= min && fallback <= max),
    `the fallback ${fallback} is in its own range`,
  )
  return setting<number | Fallback>({
    valueName: 'N',
    ...common,
    allowed: `${what} from ${min} to ${max}`,
    parse: text => {
      const value = pattern.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
  })
}

/**
 * A fraction from 0 to 1 with at most 4 decimals, as basis points: `0.05` is 500. It is read digit by digit, since
 * multiplying a float would round.
 */
export function basisPoints<Fallback extends number | undefined = undefined>(
  options: Common<Fallback>,
): Setting<number | Fallback> {
  return setting<number | Fallback>({
    valueName: 'PART',
    ...options,
    allowed: 'a part from 0 to 1 with at most 4 decimals, such as 0.05',
    parse: text => {
      const [, whole, decimals = ''] = /^(?=.)([01]?)(?:\.(\d{1,4}))?$/.exec(text) ?? []
      const bps = Number(whole) * 10_000 + Number(decimals.padEnd(4, '0'))
      return bps <= 10_000 ? bps : undefined
    },
    print: bps => `${Number(bps) / 10_000}`,
  })
}

/** `true` or `false`. As an option of a command it has no value: `--watch` is true. */
export function flag({ fallback = false, ...common }: Common<boolean>): Setting<boolean> {
  return setting({
    fallback,
    valueName: '',
    ...common,
    allowed: 'true or false',
    parse: text => (text === 'true' ? true : text === 'false' ? false : undefined),
  })
}

/** One word of a list. */
export function choice<const Word extends string, Fallback extends NoInfer<Word> | undefined = undefined>(
  options: Common<Fallback> & { readonly words: readonly Word[] },
): Setting<Word | Fallback> {
  const { words, ...common } = options
  return setting<Word | Fallback>({
    valueName: 'WORD',
    ...common,
    allowed: `one of ${words.join(', ')}`,
    parse: text => words.find(word => word === text),
  })
}

/** A text that matches a pattern, which `allowed` puts in words. */
export function text<Fallback extends string | undefined = undefined>(
  options: Common<Fallback> & {
    readonly pattern?: RegExp
    readonly allowed?: string
    readonly secret?: boolean
  },
): Setting<string | Fallback> {
  const { pattern = /^.+$/, allowed = 'any text that is not empty', ...common } = options
  return setting<string | Fallback>({
    ...common,
    allowed,
    parse: value => (pattern.test(value) ? value : undefined),
  })
}

/** An `http://host:port` address without a path. */
export function origin<Fallback extends string | undefined = undefined>(
  options: Common<Fallback>,
): Setting<string | Fallback> {
  return setting<string | Fallback>({
    valueName: 'URL',
    ...options,
    allowed: 'an http:// or https:// address without a path, such as http://localhost:8001',
    parse: value => {
      if (!URL.canParse(value)) return undefined
      const url = new URL(value)
      const plain =
        (url.protocol === 'http:' || url.protocol === 'https:') && url.pathname === '/' && url.search === ''
      return plain ? url.origin : undefined
    },
  })
}

/** A setting with a parser of its own. */
export function setting<T>(
  options: Common<T> & Pick<Setting<T>, 'allowed' | 'parse' | 'print'> & { readonly secret?: boolean },
): Setting<T> {
  return { secret: false, ...options, fallback: options.fallback as T }
}

/** The same setting, as an option that has to be given. */
export function required<T>(given: Setting<T>): Setting<Exclude<T, undefined>> {
  return { ...(given as Setting<Exclude<T, undefined>>), required: true }
}

/** The same setting, as an option that may be given several times or not at all. */
export function several<T>(given: Setting<T>): Setting<readonly Exclude<T, undefined>[]> {
  return {
    ...given,
    fallback: [],
    repeats: true,
    parse: text => {
      const value = given.parse(text)
      return value === undefined ? undefined : [value as Exclude<T, undefined>]
    },
    print: values => values.map(value => printValue(given, value)).join(','),
  }
}

/** The value as {@link Setting.parse} reads it. Empty for `undefined`. */
export function printValue<T>(given: Setting<T>, value: T): string {
  return value === undefined ? '' : (given.print?.(value) ?? String(value))
}
