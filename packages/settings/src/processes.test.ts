import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { flag, type Schema } from './settings.ts'
import { misspelt } from './variables.ts'

/** Processes share environments (`npm start`, compose, Kubernetes): what one of them reads must not look like a slip to another. */

const root = new URL('../../../', import.meta.url)
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8')
const schemas = ['api', 'coordinator', 'processor-twin'].map(app => {
  const names = textOf(`apps/${app}/src/settings.ts`).match(/^ {2}[A-Z][A-Z0-9_]+(?=:)/gm) ?? []
  return Object.fromEntries(names.map(name => [name.trim(), flag({ help: '' })])) as Schema
})
const kubernetes = 'deploy/kubernetes/'
const deployed = [
  ...readdirSync(root).filter(name => name.endsWith('.yml')),
  ...readdirSync(new URL(kubernetes, root)).map(name => kubernetes + name),
]
const deployedNames = deployed.flatMap(name => textOf(name).match(/\b[A-Z][A-Z0-9_]{2,}\b/g) ?? [])

test('no variable of a process, a compose file or a manifest is taken for a slip by another process', () => {
  expect(Math.min(...schemas.map(schema => Object.keys(schema).length))).toBeGreaterThan(10)
  expect(deployedNames.length).toBeGreaterThan(10)
  const names = new Set([...schemas.flatMap(Object.keys), ...deployedNames, 'LOG_LEVEL'])
  for (const schema of schemas)
    for (const name of names) expect([name, misspelt(schema, name)]).toEqual([name, undefined])
})
