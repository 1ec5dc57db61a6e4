import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

/**
 * Every ```ts block of a package's README is a program that is type-checked and runs to its end with exit code 0. It is
 * written into the package for as long as that takes, because there it may import the package by its name, as a
 * reader's program would.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const binaries = join(root, 'node_modules', '.bin')
const run = promisify(execFile)

/** The folder in each package; biome and git are told to look past it. */
const folder = '.readme-examples'

interface Example {
  readonly name: string
  readonly path: string
  readonly text: string
}

const packages = readdirSync(join(root, 'packages'))
const examples = packages.flatMap(examplesOf)
/** The compiler's messages, by file. */
let typeProblems = ''

function examplesOf(name: string): readonly Example[] {
  const readme = join(root, 'packages', name, 'README.md')
  if (!existsSync(readme)) return []
  const blocks = [...readFileSync(readme, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)]
  return blocks.map(([, text = ''], index) => ({
    name: `${name}, example ${index + 1}`,
    path: join(root, 'packages', name, folder, `example-${index + 1}.ts`),
    text,
  }))
}

beforeAll(async () => {
  for (const { path, text } of examples) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false }
  const files = examples.map(example => example.path)
  const project = join(root, 'packages', 'base', folder, 'tsconfig.json')
  mkdirSync(dirname(project), { recursive: true })
  writeFileSync(
    project,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }),
  )
  // The compiler exits with an error when it has messages. They are checked by file below.
  typeProblems = await run(join(binaries, 'tsc'), ['--project', project]).then(
    () => '',
    error => `${error.stdout}${error.stderr}`,
  )
})

afterAll(() => {
  for (const name of packages) rmSync(join(root, 'packages', name, folder), { recursive: true, force: true })
})

test.each(examples)('$name', async ({ path }) => {
  const said = typeProblems.split('\n').filter(line => line.includes(path.slice(root.length + 1)))
  expect(said).toEqual([])
  await run(join(binaries, 'tsx'), [path], { timeout: 20_000 })
})

test('every package has a README with an example and a line "Does not do"', () => {
  const lacking = packages.filter(name => {
    const readme = join(root, 'packages', name, 'README.md')
    const text = existsSync(readme) ? readFileSync(readme, 'utf8') : ''
    return !/^```ts$/m.test(text) || !/^(\*\*)?Does not do/m.test(text)
  })
  expect(lacking).toEqual([])
})
