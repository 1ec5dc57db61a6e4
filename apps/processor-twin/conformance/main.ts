import process from 'node:process'
import { command } from '@rinha/service'
import { flag, origin, setting, text } from '@rinha/settings'
import { checkConformance, checks } from './conformance.ts'
import type { CheckResult } from './notes.ts'

const conformance = command({
  name: 'conformance',
  summary: 'check a payment processor',
  typed: 'npm run conformance --',
  about: `Checks that a payment processor, simulated or real, behaves as the real one is known to.

  !! THIS ERASES EVERY PAYMENT THE PROCESSOR HAS RECORDED. It also changes the processor's delay, failure and token, and
  !! restores them at the end. Never run it against a processor that is in use, or that something polls.`,
  options: {
    url: origin({ fallback: 'http://localhost:8001', help: 'the address of the processor' }),
    token: text({ fallback: '123', valueName: 'TOKEN', help: 'the present X-Rinha-Token of the processor' }),
    only: setting<readonly string[] | undefined>({
      valueName: 'NAMES',
      help: 'runs only these checks',
      allowed: 'names of checks, separated by commas',
      parse: names => {
        const only = names.split(',')
        return only.every(name => Object.hasOwn(checks, name)) ? only : undefined
      },
    }),
    brief: flag({ help: 'shows expected and seen values only for checks that fail' }),
  },
  notes: `It takes about 28 seconds, most of them for health windows of 5 s. It opens 1320 connections at once: raise the limit of
open files (ulimit -n) if it is lower.

Exit code: 0 every check passed; 1 a check failed; 2 a wrong option.

Checks:
${Object.entries(checks)
  .map(([name, fact]) => `  ${name.padEnd(30)} ${fact}`)
  .join('\n')}`,
  work: async ({ url, token, only, brief }) => {
    const started = performance.now()
    const results = await checkConformance({ url, token, ...(only && { only }) })
    for (const result of results) print(result, brief)
    const failedCount = results.filter(({ passed }) => !passed).length
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    process.stdout.write(`\n${results.length - failedCount} passed, ${failedCount} failed, in ${seconds} s\n`)
    return failedCount > 0 ? 1 : 0
  },
})

process.exitCode = await conformance.run(process.argv.slice(2))

function print({ name, fact, passed, observations }: CheckResult, brief: boolean): void {
  process.stdout.write(`${passed ? 'pass' : 'FAIL'}  ${name.padEnd(30)} ${fact}\n`)
  if (observations.length === 0) process.stdout.write('      nothing was seen\n')
  for (const { what, expected, seen, passed: held } of observations) {
    if (held && brief) continue
    process.stdout.write(`      ${held ? 'ok ' : 'BAD'} ${what}: expected ${expected}, seen ${seen}\n`)
  }
}
