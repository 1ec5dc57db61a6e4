import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { temporaryDirectory } from '../packages/testing/src/index.ts'
import { findings, installValidator } from './kubernetes/validate.ts'
import { root } from './testing/cluster-process.ts'

/** The manifests of deploy/kubernetes against the schemas of Kubernetes, in which an unknown field is an error. */
const directory = join(root, 'deploy/kubernetes')
const paths = readdirSync(directory)
  .filter(name => name.endsWith('.yaml') && !['kustomization.yaml', 'nats-values.yaml'].includes(name))
  .map(name => join(directory, name))

let program: string
beforeAll(async () => {
  program = await installValidator()
}, 180_000)

/** The oldest version that has all that they use, and the newest that is known here. */
test.each(['1.30.0', '1.37.0'])('every manifest is right for Kubernetes %s', async version => {
  expect(paths).toHaveLength(4)
  expect(await findings(program, version, paths)).toBe('')
})

test('a manifest with a field that does not exist is found, and one with a text for a number', async () => {
  const broken = paths.map(path => {
    const copy = join(temporaryDirectory(), 'broken.yaml')
    const text = readFileSync(path, 'utf8')
      .replaceAll('podSelector:', 'podselector:')
      .replace('livenessProbe:', 'livenessprobe:')
      .replace('labels:\n    #', 'label:\n    #')
      .replace('failureThreshold: 3\n', 'failureThreshold: three\n')
    writeFileSync(copy, text)
    return copy
  })
  const found = await findings(program, '1.37.0', broken)
  for (const path of broken) expect(found).toContain(`ERROR ${path}`)
  expect(found).toMatch(/livenessprobe/)
})
