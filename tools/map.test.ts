import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { rooms } from './rooms.ts'

/**
 * Documents agree with the code: the lists of the map (docs/architecture.md), and the names in documents and headers.
 * Decisions may name things that are gone, because they say how things came about.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const foldersIn = (path: string) =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)

/** Every file of the project by its path from the root. */
const files = readdirSync(root).flatMap(top =>
  ['node_modules', '.git', 'dist'].includes(top)
    ? []
    : [
        top,
        ...(top.includes('.')
          ? []
          : readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
              .filter(path => !/(^|\/)(node_modules|dist)(\/|$)/.test(path))
              .map(path => `${top}/${path}`)),
      ],
)
const documents = files.filter(path => path.endsWith('.md') && !path.startsWith('docs/decisions/'))
const sources = files.filter(path => /^(packages|apps|tools|e2e)\/.*\.(tsx?|mjs)$/.test(path))
const isTest = (path: string) => path.endsWith('.test.ts')

const map = read('docs/architecture.md')
const scripts = JSON.parse(read('package.json')).scripts as Record<string, string>

/** The text between a heading of the map and the next one. */
function section(heading: string): string {
  const [, text = ''] = map.split(`\n## ${heading}\n`)
  return text.split('\n## ')[0] ?? ''
}

/** The wrong words in each text, as `path: words`. */
function wrong(paths: readonly string[], pattern: RegExp, isSo: (words: string, path: string) => boolean) {
  return paths.flatMap(path =>
    [...read(path).matchAll(pattern)]
      .map(([whole, words = whole]) => words)
      .filter(words => !isSo(words, path))
      .map(words => `${path}: ${words}`),
  )
}

/** A line of "Rooms and arrows": a folder, its description, and its last column. */
interface Row {
  readonly top: string
  readonly name: string
  readonly about: string
  readonly last: string
  readonly shells: string[]
}

/** Columns stand at least two spaces apart; what is indented further continues a row, or is a folder of its `src`. */
function readRows(): readonly Row[] {
  const rows: Row[] = []
  let top = ''
  for (const line of section('Rooms and arrows').split('```')[1]?.split('\n') ?? []) {
    const [first = '', about = '', last = ''] = line.trim().split(/ {2,}/)
    const name = first.replace(/\/$/, '')
    if (/^\S/.test(line)) top = name
    else if (/^ {2}\S/.test(line)) rows.push({ top, name, about, last, shells: [] })
    else if (/^ {4}src\//.test(line)) rows.at(-1)?.shells.push(basename(name))
  }
  return rows
}

describe('the map', () => {
  const rows = readRows()
  const under = (top: string) => rows.filter(row => row.top === top)

  test('lists the packages that there are, as tools/rooms.ts does', () => {
    const listed = under('packages').map(({ name }) => name)
    expect([...listed].sort()).toEqual(foldersIn('packages').sort())
    expect([...listed].sort()).toEqual(Object.keys(rooms).sort())
  })

  test('lists the apps that there are', () => {
    const listed = under('apps').map(({ name }) => name)
    expect([...listed].sort()).toEqual(foldersIn('apps').sort())
  })

  test.each(Object.entries(rooms))('gives the arrows and the shells of %s', (name, room) => {
    const row = under('packages').find(row => row.name === name)
    const imports = row?.last === 'nothing' ? [] : (row?.last.split(', ') ?? [])
    expect(imports.sort()).toEqual([...room.imports].sort())
    expect(row?.shells ?? []).toEqual(room.shells ?? [])
  })

  test('lists the commands of the apps that are no service, and package.json has a script for each', () => {
    const listed = under('apps').flatMap(({ name, about }) => {
      const source = read(`apps/${name}/src/main.ts`)
      const program = /runProgram\(\[([^\]]+)\]/.exec(source)?.[1]
      if (program === undefined) return []
      // A command named scoreK6 in the source is score-k6 on the command line.
      const commands = program
        .split(', ')
        .map(name => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`))
      expect(
        about
          .replace(/^[^:]*: /, '')
          .replace(/ \([^)]*\)/g, '')
          .split(', ')
          .sort(),
      ).toEqual(commands.sort())
      return commands
    })
    const started = Object.values(scripts).flatMap(
      script => /run\.mjs (.+)$/.exec(script)?.[1]?.split(' ').at(-1) ?? [],
    )
    expect(started.sort()).toEqual(listed.sort())
  })

  test('lists the decisions that there are, in their order', () => {
    const listed = [...section('Decisions').matchAll(/\]\(decisions\/([^)]+)\)/g)].map(([, file]) => file)
    expect(listed).toEqual(readdirSync(join(root, 'docs/decisions')).sort())
  })

  test('gives a reason for every library', () => {
    const manifests = [
      'package.json',
      ...files.filter(path => /^(packages|apps)\/[^/]+\/package.json$/.test(path)),
    ]
    const libraries = new Set(
      manifests.flatMap(path => {
        const { dependencies = {}, devDependencies = {} } = JSON.parse(read(path))
        return Object.keys({ ...dependencies, ...devDependencies })
      }),
    )
    const table = section('Dependencies, and why each is there')
    const unexplained = [...libraries].filter(
      name => !/^@(rinha|types)\//.test(name) && !table.includes(name),
    )
    expect(unexplained).toEqual([])
  })
})

test('no document holds both sides of a merge', () => {
  const isWhole = (path: string) => !/^(<<<<<<<|>>>>>>>) /m.test(read(path))
  expect(files.filter(path => path.endsWith('.md') && !isWhole(path))).toEqual([])
})

describe('documents name what there is', () => {
  test('files', () => {
    // `port.ts` in the README of a package is one of that package, `src/port.ts` or deeper; elsewhere any.
    const isThere = (name: string, path: string) => {
      const [, home = ''] = /^((?:packages|apps)\/[^/]+\/)/.exec(path) ?? []
      const beside = join(dirname(path), name)
      return files.some(
        file => file === name || file === beside || (file.startsWith(home) && file.endsWith(`/${name}`)),
      )
    }
    const named =
      /`((?!x\.)(?:[\w@.-]+\/)*[\w.-]+\.(?:ts|mjs|md|yml|cfg)|(?:packages|apps|docs|e2e|tools)\/[\w./-]*[\w])`/g
    expect(wrong(documents, named, isThere)).toEqual([])
  })

  test('files that a command in a document or a comment runs', () => {
    const commands = /\b(?:tsx|node|vitest run)(?: --[\w-]+)* ((?:packages|apps|tools|e2e)\/[\w./-]+)/g
    const paths = [...documents, ...sources.filter(path => !isTest(path))]
    expect(wrong(paths, commands, name => files.includes(name))).toEqual([])
  })

  test('links', () => {
    const links = /\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g
    const isThere = (link: string, path: string) =>
      files.includes(join(dirname(path), link).replace(/\/$/, ''))
    expect(
      wrong(
        files.filter(path => path.endsWith('.md')),
        links,
        isThere,
      ),
    ).toEqual([])
  })

  test('commands', () => {
    const isThere = (name: string) => scripts[name] !== undefined
    expect(wrong(documents, /\bnpm run ([\w:-]+)/g, isThere)).toEqual([])
  })

  test('settings', () => {
    // A key of a schema, or a variable that a source asks for by its name.
    const inSources = /^ +([A-Z][A-Z0-9_]*): \w+\(|'([A-Z][A-Z0-9_]*)'/gm
    const settings = new Set(
      sources.flatMap(path => [...read(path).matchAll(inSources)].map(([, key, name]) => key ?? name)),
    )
    // The variables that compose files and images take from their environment, and those of Node.
    const deployed = files
      .filter(path => /(\.yml|^Dockerfile.*)$/.test(path))
      .map(read)
      .join('\n')
    const isThere = (name: string) => settings.has(name) || new RegExp(`\\b${name}\\b`).test(deployed)
    expect(wrong(documents, /`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g, isThere)).toEqual([])
  })
})

test('every numbered invariant of a header is cited by a test of its package', () => {
  const uncited = sources
    .filter(path => !isTest(path))
    .flatMap(path => {
      const [home = ''] = /^(packages|apps)\/[^/]+\//.exec(path) ?? []
      const tests = sources
        .filter(other => isTest(other) && other.startsWith(home))
        .map(read)
        .join('\n')
      const numbers = [...read(path).matchAll(/^ \* +([A-Z]\d)\. /gm)].map(([, number]) => number)
      return numbers
        .filter(number => !new RegExp(`\\b${number}\\b`).test(tests))
        .map(number => `${path}: ${number}`)
    })
  expect(uncited).toEqual([])
})
