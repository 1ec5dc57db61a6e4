/**
 * The house rules that no compiler knows, checked on the syntax tree of every source: arrows between rooms, calls banned
 * in pure rooms, bare units, dead files, lengths. `tsx tools/tidy.ts` prints a line for each violation.
 *
 * What it cannot see: a banned call through another name (`const { now } = Date`, computed access), a global in a file
 * that binds its name too, a number whose type is inferred from anything but a literal. It guards habits, not against malice.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { arrowProblem } from './arrows.ts'
import { isEntry, isInRoom, isPure, isTest } from './rooms.ts'
import { boundNames, functionName, importsOf, lineOf, type Node, nameOf, parse, walk } from './syntax.ts'

const bannedNames = new Set(
  'setTimeout setInterval setImmediate queueMicrotask process performance fetch crypto globalThis'.split(' '),
)
const bannedMembers = new Set(['Date.now', 'Math.random'])
/** Last words of a name that say a quantity without saying of what. */
const bareWords = new Set(
  'timeout delay interval age duration latency elapsed deadline backoff ttl amount price fee money size'.split(
    ' ',
  ),
)
/** Qualifiers that stand after the unit, and so are looked past: `delayMax` is as bare as `delay`. */
const qualifiers = new Set(['max', 'min', 'total', 'limit', 'initial', 'average'])
const functionLinesMax = 70
const fileLinesMax = 400

/** Texts by their path from the root of the project. */
export type Sources = ReadonlyMap<string, string>
type Say = (node: Node, words: string) => void

/** A line for each violation, as `path:line words`. */
export function tidy(sources: Sources): readonly string[] {
  const problems: string[] = []
  const edges = new Map<string, readonly string[]>()
  for (const [path, text] of sources) {
    const program = parse(path, text)
    const say: Say = (node, words) => problems.push(`${path}:${lineOf(text, node.start)} ${words}`)
    const measure = (name: string, node: Node, lines: number, linesMax: number) => {
      if (lines > linesMax) say(node, `${name} has ${lines} lines: at most ${linesMax} are allowed`)
    }
    const imported = importsOf(program)
    edges.set(
      path,
      imported.map(([, target]) => join(dirname(path), target)),
    )
    for (const [node, target] of imported) {
      const words = arrowProblem(path, target)
      if (words !== undefined) say(node, `imports ${target}: ${words}`)
    }
    measure(path, { ...program, start: 0 }, lineOf(text, text.trimEnd().length), fileLinesMax)
    const bound = boundNames(program)
    walk(program, (node, parent, key) => {
      if (isPure(path))
        checkPurity(node, parent, key, name => bound.has(name) || (isTest(path) && name === 'process'), say)
      // Tests speak the wire's words, which have no units.
      const bare = isTest(path) || !isInRoom(path) ? undefined : bareUnit(node)
      if (bare !== undefined && !isExcused(text, node.start))
        say(node, `"${bare}" has no unit: end it in Ms, Cents, Bytes …`)
      const name = isTest(path) ? undefined : functionName(node, parent)
      const lines = lineOf(text, node.end) - lineOf(text, node.start) + 1
      if (name !== undefined) measure(`${path}#${name}`, node, lines, functionLinesMax)
    })
  }
  for (const path of deadFiles(sources, edges)) problems.push(`${path}:1 is dead: no entry imports it`)
  return problems
}

function checkPurity(
  node: Node,
  parent: Node | undefined,
  key: string,
  isOwn: (name: string) => boolean,
  say: Say,
): void {
  const banned = (what: string) =>
    say(node, `uses ${what}: in a pure room time, chance and I/O are arguments`)
  const member = `${nameOf(node.object)}.${nameOf(node.property)}`
  if (node.type === 'MemberExpression' && bannedMembers.has(member)) banned(member)
  const isDateCall = /^(New|Call)Expression$/.test(node.type) && nameOf(node.callee) === 'Date'
  if (isDateCall && (node.type === 'CallExpression' || (node.arguments as unknown[]).length === 0))
    banned('Date() for now')
  const name = node.type === 'Identifier' ? nameOf(node) : undefined
  if (name === undefined || !bannedNames.has(name) || isOwn(name)) return
  // A name after a dot, or the key of a property, is no reference to the global.
  const isKey = ['property', 'key', 'imported'].includes(key) && parent?.computed !== true
  if (!isKey) banned(name)
}

/** The name of a declared number that ends in a bare quantity. */
function bareUnit(node: Node): string | undefined {
  const declared = node.type === 'VariableDeclarator' ? (node.id as Node) : node
  const annotation = declared.typeAnnotation as Node | null | undefined
  const isNumber = (annotation?.typeAnnotation as Node | undefined)?.type === 'TSNumberKeyword'
  const initial = { VariableDeclarator: node.init, PropertyDefinition: node.value }[node.type] as
    | Node
    | null
    | undefined
  if (!isNumber && typeof initial?.value !== 'number') return undefined
  const name = nameOf(declared) ?? nameOf(declared.key) ?? ''
  const words = name.split(/(?=[A-Z])|_/).map(word => word.toLowerCase())
  while (qualifiers.has(words.at(-1) ?? '')) words.pop()
  return bareWords.has(words.at(-1) ?? '') ? name : undefined
}

/** `// tidy: REASON` on the line or the one above: for a name that a contract outside dictates. */
function isExcused(text: string, at: number): boolean {
  const line = lineOf(text, at)
  return text
    .split('\n')
    .slice(Math.max(0, line - 2), line)
    .some(words => /\/\/ tidy: \S/.test(words))
}

/** Sources that no entry reaches. A test keeps its helpers alive, but not the file beside it: that one is used or dead. */
function deadFiles(sources: Sources, edges: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const queue = [...sources.keys()].filter(path => isEntry(path) || !isInRoom(path))
  const alive = new Set<string>()
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (alive.has(path)) continue
    alive.add(path)
    const beside = isTest(path) ? path.replace('.test.ts', '.ts') : undefined
    queue.push(...(edges.get(path) ?? []).filter(target => target !== beside))
  }
  return [...sources.keys()].filter(path => !alive.has(path))
}

/** Every source and tool of the project at `root`. */
function readSources(root: string): Sources {
  const sources = new Map<string, string>()
  for (const top of ['packages', 'apps', 'tools', 'e2e']) {
    for (const path of readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })) {
      if (/(^|\/)(node_modules|dist)\//.test(path) || !/\.(tsx?|mjs)$/.test(path)) continue
      sources.set(`${top}/${path}`, readFileSync(join(root, top, path), 'utf8'))
    }
  }
  return sources
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  const problems = tidy(readSources(root))
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  if (problems.length > 0) process.exitCode = 1
}
