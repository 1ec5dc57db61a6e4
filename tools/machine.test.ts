import { describe, expect, test } from 'vitest'
import { binaryProblem, type Machine, machineProblem } from './machine.mjs'

const debian12: Machine = {
  nodeVersion: '20.20.2',
  abi: '115',
  platform: 'linux',
  arch: 'x64',
  glibcVersion: '2.36',
}

describe('what is said about a machine before the install', () => {
  const cases: [name: string, difference: Partial<Machine>, said: RegExp | undefined][] = [
    ['Debian 12 with Node 20 is fine', {}, undefined],
    ['Node 20.17, the oldest, is fine', { nodeVersion: '20.17.0' }, undefined],
    [
      'Node 20.16 is too old',
      { nodeVersion: '20.16.0' },
      /this is Node 20\.16\.0, and 20\.17 or newer is needed/,
    ],
    ['Node 18 is too old', { nodeVersion: '18.20.8' }, /install Node 20/],
    ['Node 20 on the glibc of Ubuntu 18.04 is fine', { glibcVersion: '2.27' }, undefined],
    ['Node 20 on an older glibc is not', { glibcVersion: '2.26' }, /glibc 2\.26.*needs 2\.27.*newer system/],
    [
      'Node 22 needs a newer glibc than Debian 12 has',
      { nodeVersion: '22.11.0' },
      /glibc 2\.36.*2\.38.*use Node 20/,
    ],
    ['Node 24 too', { nodeVersion: '24.1.0' }, /needs 2\.38/],
    ['Node 24 on Debian 13 is fine', { nodeVersion: '24.1.0', glibcVersion: '2.41' }, undefined],
    ['Alpine is not', { glibcVersion: undefined }, /not glibc.*Alpine/],
    ['macOS has no glibc and needs none', { platform: 'darwin', glibcVersion: undefined }, undefined],
  ]
  test.each(cases)('%s', (_, difference, said) => {
    const problem = machineProblem({ ...debian12, ...difference })
    if (said === undefined) expect(problem).toBeUndefined()
    else expect(problem).toMatch(said)
  })
})

describe('what is said about the native binary after the install', () => {
  const files = ['uws.js', 'uws_linux_x64_115.node', 'uws_linux_x64_137.node']
  test('a binary for this Node is enough', () => {
    expect(binaryProblem(debian12, files)).toBeUndefined()
  })
  test('a Node without a binary is named, with those that have one', () => {
    const problem = binaryProblem({ ...debian12, nodeVersion: '23.4.0', abi: '131' }, files)
    expect(problem).toMatch(/no binary for Node 23\.4\.0 \(ABI 131\): use Node 20, 22, 24 or 25/)
  })
  test('a processor without any binary is named', () => {
    expect(binaryProblem({ ...debian12, arch: 'riscv64' }, files)).toMatch(/no binary for linux on riscv64/)
  })
})
