import { parseAst } from 'vitest/node'

/** A node of an ESTree syntax tree, as the parser of the test runner gives it: the one parser that is installed anyway. */
export interface Node extends Record<string, unknown> {
  readonly type: string
  readonly start: number
  readonly end: number
}

export function parse(path: string, text: string): Node {
  return parseAst(text, {
    lang: path.endsWith('.mjs') ? 'js' : path.endsWith('.tsx') ? 'tsx' : 'ts',
  }) as unknown as Node
}

/** Calls `visit` for every node, parents first, with the key under which its parent holds it. */
export function walk(
  node: Node,
  visit: (node: Node, parent: Node | undefined, key: string) => void,
  parent?: Node,
  key = '',
): void {
  visit(node, parent, key)
  for (const [childKey, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') walk(child, visit, node, childKey)
    }
  }
}

/** The name of an identifier (private ones included), or undefined for anything else. */
export function nameOf(node: unknown): string | undefined {
  const name = (node as Node | null | undefined)?.name
  return typeof name === 'string' ? name : undefined
}

/** What a file imports or re-exports, static or dynamic, with the node that does it. */
export function importsOf(program: Node): readonly (readonly [Node, string])[] {
  const found: [Node, string][] = []
  walk(program, node => {
    const target = (node.source as Node | null | undefined)?.value
    if (/^(Import|Export).*(Declaration|Expression)$/.test(node.type) && typeof target === 'string') {
      found.push([node, target])
    }
  })
  return found
}

/** Names that a file binds itself, as parameter, variable, function or import: they are not the globals they hide. */
export function boundNames(program: Node): ReadonlySet<string> {
  const names = new Set<string>()
  walk(program, (node, _, key) => {
    const name = nameOf(node)
    if (name !== undefined && ['id', 'params', 'local'].includes(key)) names.add(name)
    if (node.type !== 'ObjectPattern') return
    for (const property of node.properties as Node[]) names.add(nameOf(property.value) ?? '')
  })
  return names
}

/** The name of a function, from itself or from what it is assigned to; undefined where the node is no function. */
export function functionName(node: Node, parent: Node | undefined): string | undefined {
  if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return undefined
  return nameOf(node.id) ?? nameOf(parent?.key) ?? nameOf(parent?.id) ?? '(anonymous)'
}

/** The line, from 1, on which the character at `at` stands. */
export function lineOf(text: string, at: number): number {
  let line = 1
  for (let next = text.indexOf('\n'); next !== -1 && next < at; next = text.indexOf('\n', next + 1)) line += 1
  return line
}
