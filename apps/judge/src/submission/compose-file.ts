import { err, ok, type Result } from '@rinha/base'
// A library, because a file of compose's is full of what takes a whole parser: anchors, merges, block scalars.
import { parse } from 'yaml'

/** A node of a parsed compose file, of which nothing is known yet. */
export type Node = unknown
export type Fields = Readonly<Record<string, Node>>

/**
 * The text of a compose file as data: anchors and merges followed, `x-` extensions left out, `${NAME:-default}`
 * replaced by the value given or else by its default. The environment is not used, so that a file means the same for
 * every reader. `$$`, which stands for a dollar sign, is left as it is.
 */
export function readCompose(
  text: string,
  values: Readonly<Record<string, string>> = {},
): Result<Fields, readonly string[]> {
  let parsed: Node
  try {
    parsed = parse(text, { merge: true, logLevel: 'error' })
  } catch (error) {
    return err([`it is not YAML: ${error instanceof Error ? error.message : String(error)}`])
  }
  if (!isFields(parsed)) return err(['it is not a compose file: it has no fields at its top'])
  const problems: string[] = []
  const known = Object.entries(parsed).filter(([name]) => !name.startsWith('x-'))
  const compose = Object.fromEntries(known.map(([name, node]) => [name, resolve(node, values, problems)]))
  return problems.length > 0 ? err([...new Set(problems)]) : ok(compose)
}

function resolve(node: Node, values: Readonly<Record<string, string>>, problems: string[]): Node {
  if (Array.isArray(node)) return node.map(each => resolve(each, values, problems))
  if (isFields(node)) {
    return Object.fromEntries(
      Object.entries(node).map(([name, each]) => [name, resolve(each, values, problems)]),
    )
  }
  if (typeof node !== 'string') return node
  return node.replaceAll(/\$\$|\$\{([^}]*)\}|\$(\w+)/g, (whole, inBraces?: string, bare?: string) => {
    if (whole === '$$') return whole
    const [, name = '', fallback] = /^(\w+)(?::-(.*))?$/.exec(inBraces ?? bare ?? '') ?? []
    const value = values[name] ?? fallback
    if (value === undefined)
      problems.push(`${whole} has no default: write it as \${NAME:-default}, nobody sets it where this runs`)
    return value ?? whole
  })
}

/** Whether it is a mapping. */
export function isFields(node: Node): node is Fields {
  return typeof node === 'object' && node !== null && !Array.isArray(node)
}

/** The value at a path of names, or undefined. */
export function at(node: Node, ...path: readonly string[]): Node {
  let here = node
  for (const name of path) here = isFields(here) && Object.hasOwn(here, name) ? here[name] : undefined
  return here
}

/** The entries of a list; none where it is no list. */
export function listAt(node: Node, ...path: readonly string[]): readonly Node[] {
  const found = at(node, ...path)
  return Array.isArray(found) ? found : []
}

export function servicesOf(compose: Node): readonly (readonly [name: string, service: Node])[] {
  const services = at(compose, 'services')
  return isFields(services) ? Object.entries(services) : []
}
