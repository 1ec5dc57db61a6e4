import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  choice,
  flag,
  integer,
  number,
  parseCommandLine,
  printCommandHelp,
  printOptions,
  required,
  setting,
  several,
  text,
} from './index.ts'

const line = {
  options: {
    nodeCount: integer({ fallback: 2, min: 1, max: 16, help: 'how many API nodes' }),
    minutes: number({ min: 0.1, max: 600, help: 'how long', valueName: 'M' }),
    level: choice({ words: ['received', 'queued'], fallback: 'received', help: 'what clients ask for' }),
    crashes: flag({ help: 'the coordinator crashes' }),
    social: several(
      text({ pattern: /^https:/, allowed: 'an https:// address', help: 'a profile', valueName: 'URL' }),
    ),
    token: text({
      fallback: 'swordfish',
      secret: true,
      pattern: /^\w{3,}$/,
      help: 'what is kept to oneself',
    }),
  },
}

function parse(...argv: string[]) {
  return parseCommandLine(line, argv)
}

function problems(...argv: string[]): readonly string[] {
  const parsed = parse(...argv)
  if (parsed === 'help' || parsed.ok) throw new Error(`nothing wrong with ${argv}`)
  return parsed.error
}

test('an option that is not given has its fallback, or no value', () => {
  expect(parse()).toEqual({
    ok: true,
    value: {
      nodeCount: 2,
      minutes: undefined,
      level: 'received',
      crashes: false,
      social: [],
      token: 'swordfish',
    },
  })
})

test('a value follows its option, or an equals sign', () => {
  const value = {
    nodeCount: 3,
    minutes: 0.5,
    level: 'queued',
    crashes: true,
    social: ['https://a=1', 'https://b'],
  }
  const said = '--node-count 3 --minutes=.5 --level queued --crashes --social=https://a=1 --social https://b'
  expect(parse(...said.split(' '))).toMatchObject({ ok: true, value })
  expect(parse('--', ...said.split(' '))).toMatchObject({ ok: true, value })
})

test('when an option is given twice the last one counts', () => {
  expect(parse('--node-count', '3', '--node-count', '4')).toMatchObject({ value: { nodeCount: 4 } })
})

test.each([['--help'], ['-h'], ['--node-count', '0', '--help'], ['--nonsense', '-h']])(
  'help is given wherever it is asked for: %j',
  (...argv) => {
    expect(parse(...argv)).toBe('help')
  },
)

describe('a value that is not allowed is told with its option and what is', () => {
  test.each([
    [['--node-count', '0'], '--node-count "0" is not allowed: a whole number from 1 to 16'],
    [['--node-count', '-1'], '--node-count "-1" is not allowed: a whole number from 1 to 16'],
    [['--node-count', '1.5'], '--node-count "1.5" is not allowed: a whole number from 1 to 16'],
    [['--node-count='], '--node-count "" is not allowed: a whole number from 1 to 16'],
    [['--minutes', '1e2'], '--minutes "1e2" is not allowed: a number from 0.1 to 600'],
    [['--level', 'toString'], '--level "toString" is not allowed: one of received, queued'],
    [['--crashes=maybe'], '--crashes "maybe" is not allowed: true or false'],
    [['--social', 'https://a', '--social', 'b'], '--social "b" is not allowed: an https:// address'],
    [['--token', '??'], '--token (secret) is not allowed: any text that is not empty'],
    [['--node-count'], '--node-count needs a value: a whole number from 1 to 16'],
    [['--minutes', '--crashes'], '--minutes needs a value: a number from 0.1 to 600'],
  ])('%j', (argv, said) => {
    expect(problems(...argv)).toEqual([said])
  })

  test('all of them at once', () => {
    expect(problems('--level', 'x', '--node-count', '0', 'stray', '--bogus')).toHaveLength(4)
  })
})

describe('words that are no option', () => {
  test.each([
    ['--node-cuont', 'there is no --node-cuont: did you mean --node-count?'],
    ['--minute', 'there is no --minute: did you mean --minutes?'],
    ['--Level', 'there is no --Level: did you mean --level?'],
    ['-x', 'there is no -x: the options are --node-count, --minutes, --level, --crashes, --social, --token'],
    ['--constructor', 'there is no --constructor: the options are --node-count, --minutes'],
  ])('%s is told with the nearest one, or with all', (argument, said) => {
    expect(problems(argument).join('\n')).toContain(said)
  })

  test('takes its value along', () => {
    expect(problems('--minute', '3')).toHaveLength(1)
  })

  test('is not a word either', () => {
    expect(problems('stray', '--crashes')).toEqual(['"stray" is one word too many'])
  })
})

test('a missing required option is reported', () => {
  const options = { images: required(text({ help: 'their name', allowed: 'REGISTRY/NAME' })) }
  expect(parseCommandLine({ options }, [])).toEqual({
    ok: false,
    error: ['--images is missing: REGISTRY/NAME'],
  })
  expect(parseCommandLine({ options }, ['--images', 'a/b'])).toEqual({ ok: true, value: { images: 'a/b' } })
})

describe('words', () => {
  const words = {
    what: required(choice({ words: ['verify', 'dump'], help: 'what to do', valueName: 'verify|dump' })),
    path: required(text({ help: 'where the journal is', allowed: 'the path of a folder', valueName: 'DIR' })),
  }
  const withWords = { words, options: { brief: flag({ help: 'less' }) } }

  test('are taken in their order, options between them or not', () => {
    expect(parseCommandLine(withWords, ['dump', '--brief', 'there'])).toEqual({
      ok: true,
      value: { what: 'dump', path: 'there', brief: true },
    })
  })

  test.each([
    [[], ['verify|dump is missing: one of verify, dump', 'DIR is missing: the path of a folder']],
    [['show', 'there'], ['verify|dump "show" is not allowed: one of verify, dump']],
    [['dump', 'there', 'too'], ['"too" is one word too many']],
  ])('%j are refused', (argv, said) => {
    expect(parseCommandLine(withWords, argv)).toEqual({ ok: false, error: said })
  })

  test('come first in the help', () => {
    const help = printCommandHelp(withWords, {
      about: 'Reads.',
      typed: 'npm run journal --',
      notes: 'Exit code: 0.',
    })
    expect(help).toBe(`Reads.

Usage: npm run journal -- verify|dump DIR [options]

  verify|dump   what to do [one of verify, dump]
  DIR           where the journal is [the path of a folder]
  --brief       less
  --help        this page

Exit code: 0.
`)
  })
})

test('the help has every option with its meaning, what is allowed and its fallback, in lines that a terminal holds', () => {
  const help = printCommandHelp(
    {
      options: {
        ...line.options,
        out: required(text({ help: 'a long story '.repeat(20).trim(), valueName: 'FOLDER' })),
        ports: setting({
          fallback: [1, 2],
          help: 'which',
          allowed: 'ports',
          parse: () => undefined,
          valueName: 'PORTS',
        }),
      },
    },
    { about: 'Tries.', typed: 'try' },
  )
  expect(help).toContain('Usage: try --out FOLDER [options]\n')
  expect(help).toContain(
    '  --node-count N   how many API nodes [a whole number from 1 to 16; 2 by default]\n',
  )
  expect(help).toContain('  --minutes M      how long [a number from 0.1 to 600]\n')
  expect(help).toContain('  --crashes        the coordinator crashes\n')
  expect(help).toContain('  --ports PORTS    which [ports; 1,2 by default]\n')
  expect(help).not.toContain('swordfish')
  expect(Math.max(...help.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120)
  expect(help).toMatch(/\n {2}--out FOLDER {5}a long story.*\n {19}.*story/)
})

test('options are printed as they would be typed, and read back the same', () => {
  const said = ['--node-count', '3', '--crashes', '--social', 'https://a', '--social', 'https://b c']
  const parsed = parse(...said)
  if (parsed === 'help' || !parsed.ok) throw new Error('no options')
  expect(printOptions(line.options, parsed.value)).toBe(
    '--node-count 3 --level received --crashes --social https://a --social "https://b c"',
  )
  expect(printOptions(line.options, { token: 'open sesame' })).toBe('')
})

describe('whatever is typed', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '--node-count',
      '--minutes=',
      '--crashes',
      '--social',
      '--',
      '-x',
      '3',
      '',
      'https://a',
      '--=',
      '__proto__',
    ),
  )

  test('it is read, or refused with a message, and never read in part', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), argv => {
        const parsed = parse(...argv)
        if (parsed === 'help') return
        if (!parsed.ok) {
          expect(parsed.error.length).toBeGreaterThan(0)
          return
        }
        const { nodeCount, level, crashes, social } = parsed.value
        expect(Number.isInteger(nodeCount) && nodeCount >= 1 && nodeCount <= 16).toBe(true)
        expect(['received', 'queued']).toContain(level)
        expect(typeof crashes).toBe('boolean')
        expect(social.every(url => url.startsWith('https:'))).toBe(true)
      }),
    )
  })

  test('printed options are read back unchanged', () => {
    const settings = fc.record({
      nodeCount: fc.integer({ min: 1, max: 16 }),
      minutes: fc.option(
        fc.integer({ min: 1, max: 6000 }).map(tenths => tenths / 10),
        { nil: undefined },
      ),
      level: fc.constantFrom('received' as const, 'queued' as const),
      crashes: fc.boolean(),
      social: fc.array(fc.stringMatching(/^https:\/\/[a-z.]{1,9}$/), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(settings, given => {
        expect(parse(...printOptions(line.options, given).split(' '))).toEqual({
          ok: true,
          value: { ...given, token: 'swordfish' },
        })
      }),
    )
  })
})
