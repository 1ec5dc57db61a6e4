import process from 'node:process'
import { parseArgs } from 'node:util'
import { checkConformance, checks } from './conformance.ts'
import type { CheckResult } from './notes.ts'

const help = `Checks a payment processor, simulated or real, against what is known of the real one.

  pnpm --filter @rinha/processor-twin conformance -- --url http://localhost:8001 --token 123

  !! THIS ERASES EVERY PAYMENT THE PROCESSOR HAS RECORDED, and switches its delay, its failure and its token to and
  !! fro (they are put back at the end). Never run it against a processor that is in use, and let nothing poll it.

  --url URL      where the processor is (http://localhost:8001)
  --token TOKEN  what its X-Rinha-Token is now (123)
  --only NAMES   only these checks, separated by commas
  --brief        what was expected and seen only for checks that fail
  --help         this page

It takes about 28 seconds, most of it the health windows of 5 s, and 1320 connections at once: raise the limit of open
files (ulimit -n) where it is lower. Exit code 0: every check passed. 1: one did not. 2: wrong arguments.

Checks:
${Object.entries(checks)
  .map(([name, fact]) => `  ${name.padEnd(30)} ${fact}`)
  .join('\n')}
`

await main()

async function main(): Promise<void> {
  const options = readArguments()
  if (options === undefined) return
  const started = performance.now()
  const results = await checkConformance(options)
  for (const result of results) print(result, options.brief)
  const failedCount = results.filter(({ passed }) => !passed).length
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`\n${results.length - failedCount} passed, ${failedCount} failed, in ${seconds} s\n`)
  process.exitCode = failedCount > 0 ? 1 : 0
}

function readArguments() {
  // pnpm hands its own `--` on.
  const args = process.argv.slice(2).filter(argument => argument !== '--')
  try {
    const { values } = parseArgs({
      args,
      options: {
        url: { type: 'string', default: 'http://localhost:8001' },
        token: { type: 'string', default: '123' },
        only: { type: 'string' },
        brief: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const only = values.only?.split(',')
    const unknown = only?.find(name => !(name in checks))
    if (unknown !== undefined) throw new Error(`--only ${unknown}: there is no such check`)
    if (!/^http:\/\//.test(values.url) || !URL.canParse(values.url)) {
      throw new Error(`--url ${values.url}: an http:// address is expected`)
    }
    if (!values.help)
      return { url: values.url, token: values.token, brief: values.brief, ...(only && { only }) }
    process.stdout.write(help)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}; see --help\n`)
    process.exitCode = 2
  }
  return undefined
}

function print({ name, fact, passed, observations }: CheckResult, brief: boolean): void {
  process.stdout.write(`${passed ? 'pass' : 'FAIL'}  ${name.padEnd(30)} ${fact}\n`)
  if (observations.length === 0) process.stdout.write('      nothing was seen\n')
  for (const { what, expected, seen, passed: held } of observations) {
    if (held && brief) continue
    process.stdout.write(`      ${held ? 'ok ' : 'BAD'} ${what}: expected ${expected}, seen ${seen}\n`)
  }
}
