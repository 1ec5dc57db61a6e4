import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { submission } from './command.ts'
import { readCompose } from './compose-file.ts'
import { submissionProblems } from './compose-rules.ts'
import { makeSubmission } from './submission.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const deployed = readFileSync(join(root, 'docker-compose.yml'), 'utf8')
const images = 'docker.io/alice/payment-cluster'

function optionsOf(...argv: readonly string[]) {
  const parsed = submission.parse(argv)
  if (parsed === 'help' || !parsed.ok) throw new Error(JSON.stringify(parsed))
  return parsed.value
}

function problemsOf(...argv: readonly string[]): readonly string[] {
  const parsed = submission.parse(argv)
  return parsed === 'help' || parsed.ok ? [] : parsed.error
}

function made(...argv: readonly string[]) {
  const result = makeSubmission(deployed, optionsOf('--images', images, ...argv))
  if (!result.ok) throw new Error(result.error.join('\n'))
  return result.value
}

describe('options', () => {
  test.each(['alice/payment', 'docker.io/alice/payment-cluster', 'localhost:5000/a', 'ghcr.io/a/b_c/d.e'])(
    'images may be called %s',
    name => {
      expect(optionsOf('--images', name).images).toBe(name)
    },
  )

  test.each([
    'payment',
    'Alice/payment',
    'alice/payment:1',
    'alice/',
    '/payment',
    'a b/c',
    'https://a/b',
    '',
  ])('but not "%s"', name => {
    expect(problemsOf('--images', name)).toEqual([expect.stringContaining('--images')])
  })

  test('each wrong one has a line of its own', () => {
    const wrong = ['--tag', 'a b', '--out', '', '--name', ' ', '--repository', 'x', '--social', 'http://y']
    const lines = problemsOf(...wrong)
    const named = ['--images is missing', '--tag "a b"', '--out ""', '--name " "', '--repository', '--social']
    expect(lines).toEqual(named.map(words => expect.stringContaining(words)))
  })

  test('an unknown one is named, with the nearest that there is', () => {
    expect(problemsOf('--image', 'a/b')[0]).toMatch(/--image: did you mean --images/)
  })
})

describe('the folder', () => {
  test('its compose file keeps every rule, and names images only', () => {
    const read = readCompose(made('--tag', '1.2').files['docker-compose.yml'] ?? '')
    if (!read.ok) throw new Error(read.error.join('\n'))
    expect(submissionProblems(read.value)).toEqual([])
    const services = read.value.services as Readonly<Record<string, { readonly image: string }>>
    expect(Object.entries(services).map(([name, { image }]) => [name, image])).toEqual([
      ['haproxy', 'haproxy:3.0'],
      ['api1', `${images}-api:1.2`],
      ['api2', `${images}-api:1.2`],
      ['coordinator', `${images}-coordinator:1.2`],
    ])
  })

  test('the file does not depend on the environment in which it is started', () => {
    const text = made().files['docker-compose.yml'] ?? ''
    expect(text).not.toMatch(/\$\{|^x-/m)
    // A dollar sign of the health check's own shell stays doubled: compose would replace a single one.
    expect(text.replaceAll('$$', '')).not.toContain('$')
    expect(text).toContain('"/dev/tcp/$$HEALTH_HOST/$$HEALTH_PORT"')
  })

  test('apart from images and builds it says what the original says', () => {
    const comparable = (text: string) => {
      const read = readCompose(text, { IMAGES: images })
      if (!read.ok) throw new Error(read.error.join('\n'))
      return JSON.parse(JSON.stringify(read.value, (name, value) => (name === 'build' ? undefined : value)))
    }
    expect(comparable(made().files['docker-compose.yml'] ?? '')).toEqual(comparable(deployed))
  })

  test('info.json has the given facts, and no others', () => {
    const told = made('--name', 'Alice', '--repository', 'https://a.b/c', '--social', 'https://d.e')
    expect(JSON.parse(told.files['info.json'] ?? '')).toMatchObject({
      name: 'Alice',
      social: ['https://d.e'],
      'source-code-repo': 'https://a.b/c',
      'load-balancers': ['haproxy'],
    })
    const untold = JSON.parse(made().files['info.json'] ?? '')
    expect(untold).not.toHaveProperty('name')
    expect(untold).not.toHaveProperty('source-code-repo')
  })

  test('a compose file that breaks a rule is refused', () => {
    const tooMuch = deployed.replace(
      /(\n {2}coordinator:\n[\s\S]*?cpus: ")([\d.]+)/,
      (_, before: string, cpus: string) => `${before}${(Number(cpus) + 0.01).toFixed(2)}`,
    )
    const result = makeSubmission(tooMuch, optionsOf('--images', images))
    expect(result).toEqual({ ok: false, error: [expect.stringContaining('add up to 1.51')] })
  })

  test.each(['services: [', 'just words'])('a file that is no compose file is refused: %s', text => {
    expect(makeSubmission(text, optionsOf('--images', images)).ok).toBe(false)
  })
})

describe('the command', () => {
  const startDirectory = process.cwd()
  let directory: string
  let said = ''

  beforeEach(() => {
    said = ''
    directory = temporaryDirectory()
    vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    vi.spyOn(process.stderr, 'write').mockImplementation(words => {
      said += String(words)
      return true
    })
    process.chdir(root)
  })

  afterEach(() => {
    vi.restoreAllMocks()
    process.chdir(startDirectory)
  })

  test('writes the four files, a second time too', async () => {
    const out = join(directory, 'new', 'folder')
    expect(await submission.run(['--images', images, '--out', out])).toBe(0)
    expect(await submission.run(['--images', images, '--out', out, '--tag', '2'])).toBe(0)
    expect(readdirSync(out).sort()).toEqual(['README.md', 'docker-compose.yml', 'haproxy.cfg', 'info.json'])
    expect(readFileSync(join(out, 'haproxy.cfg'), 'utf8')).toBe(
      readFileSync(join(root, 'haproxy.cfg'), 'utf8'),
    )
    expect(readFileSync(join(out, 'docker-compose.yml'), 'utf8')).toContain(`${images}-api:2`)
  })

  test('leaves a folder alone that holds something else', async () => {
    writeFileSync(join(directory, 'thesis.txt'), 'years of work')
    expect(await submission.run(['--images', images, '--out', directory])).toBe(1)
    expect(said).toContain('thesis.txt')
    expect(readdirSync(directory)).toEqual(['thesis.txt'])
  })

  test('says what cannot be written', async () => {
    mkdirSync(join(directory, 'docker-compose.yml'))
    expect(await submission.run(['--images', images, '--out', directory])).toBe(1)
    expect(said).toContain('could not be written')
  })

  test('says where it has to be run', async () => {
    process.chdir(directory)
    expect(await submission.run(['--images', images])).toBe(1)
    expect(said).toContain('run it from the root of the project')
  })

  test('tells a wrong option from a wrong file by its exit code', async () => {
    expect(await submission.run([])).toBe(2)
    expect(said).toContain('--images is missing')
  })
})
