import { StartProblem } from '@rinha/service'
import { expect, test } from 'vitest'
import { explainLoadFailure, loadUws } from './load-uws.ts'

const base = { nodeVersion: '20.20.2', abi: '115', platform: 'linux', arch: 'x64', glibcVersion: '2.36' }

test('the library loads on this machine', async () => {
  expect((await loadUws()).App).toBeTypeOf('function')
})

test('a library that does not load is a problem for the user to solve, with the cause on one line', async () => {
  const load = () => Promise.reject(new Error('supports only Node 20.\n\nError: GLIBC_2.38 not found'))
  await expect(loadUws(load)).rejects.toThrow(StartProblem)
  await expect(loadUws(load)).rejects.toThrow(/Cause: supports only Node 20\. Error: GLIBC_2\.38 not found$/)
})

test.each([
  ['musl', { ...base, glibcVersion: undefined }, /linux x64.*not glibc \(Alpine.*Debian 12/],
  ['Node 24 on Debian 12', { ...base, nodeVersion: '24.1.0' }, /Node 24.*needs 2\.38.*use Node 20/],
  ['Node 24 on Debian 13', { ...base, nodeVersion: '24.1.0', glibcVersion: '2.41' }, /use Node 20, 22, 24/],
  ['an old Node', { ...base, nodeVersion: '19.0.0' }, /this is Node 19\.0\.0.*install Node 20/],
  ['an odd platform', { ...base, platform: 'freebsd', glibcVersion: undefined }, /freebsd x64.*use Node 20/],
])('on %s the advice fits', (_, machine, advice) => {
  expect(explainLoadFailure(new Error('x'), machine)).toMatch(advice)
})
