import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { mutants } from '../mutants/mutants.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The hunt takes minutes. This test finds at once a change of a source that took the place of a mutant's edit away. */
test('the text that a mutant edits stands in its source exactly once', () => {
  const lost = mutants.flatMap(({ name, edits }) =>
    edits
      .filter(({ file, find }) => readFileSync(join(root, file), 'utf8').split(find).length !== 2)
      .map(({ file, find }) => `${name}: ${file}: ${find}`),
  )
  expect(lost).toEqual([])
})
