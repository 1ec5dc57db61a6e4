import { expect, test } from 'vitest'
import { scoreK6 } from './command.ts'

function output() {
  const texts = { stdout: '', stderr: '' }
  const writer = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      texts[name] += text
    },
  })
  return { stdout: writer('stdout'), stderr: writer('stderr'), texts }
}

test.each([
  ['an unknown option', ['--schedule', 'preview', '--vuss', '5'], ['--vuss', '--help shows them all']],
  ['a schedule that is no file', ['--schedule', '/nowhere/x'], ['"/nowhere/x"', 'ENOENT', 'preview, final']],
  ['a folder that is not there', ['--schedule', 'preview', '--json', '/nowhere/x'], ['--json', '/nowhere']],
])('%s ends with 2 before anything starts', async (_name, argv, said) => {
  const out = output()
  expect(await scoreK6.run(argv, out)).toBe(2)
  for (const text of said) expect(out.texts.stderr).toContain(text)
  expect(out.texts.stdout).toBe('')
})

test('help ends with 0', async () => {
  const out = output()
  expect(await scoreK6.run(['--help'], out)).toBe(0)
  expect(out.texts.stdout).toContain('Usage: npm run score:k6')
})

test('where there is no k6 it ends with 1 and says how to install it, whatever else is there', async () => {
  const out = output()
  const before = process.env.PATH
  process.env.PATH = '/nowhere'
  try {
    expect(await scoreK6.run(['--schedule', 'preview'], out)).toBe(1)
  } finally {
    process.env.PATH = before
  }
  expect(out.texts.stderr).toMatch(/^score-k6: k6 is not on the PATH: install it \(https:/)
})
