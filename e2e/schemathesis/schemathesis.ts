import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pythonProgram } from '../../packages/testing/src/index.ts'
import { root } from '../testing/cluster-process.ts'

const run = promisify(execFile)
const here = join(root, 'e2e/schemathesis')
const outputBytesMax = 64 * 1024 * 1024

/** The program in the version and with the hashes of `requirements.txt`. */
export function installSchemathesis(): Promise<string> {
  return pythonProgram('st', readFileSync(join(here, 'requirements.txt'), 'utf8'))
}

/**
 * Makes right and wrong requests from the document at `url`, for at most `secondsMax`. If an answer is not as the
 * document says, the result is schemathesis' output; otherwise it is empty.
 */
export async function findings(
  program: string,
  url: string,
  {
    config,
    headers = [],
    secondsMax,
  }: { readonly config: string; readonly headers?: readonly string[]; readonly secondsMax: number },
): Promise<string> {
  const seed = process.env.SCHEMATHESIS_SEED ?? '1'
  const bounds = ['--max-time', `${secondsMax}`, '--seed', seed, '--request-timeout', '10', '--no-shrink']
  const args = [
    '--config-file',
    join(here, config),
    'run',
    url,
    ...bounds,
    ...headers.flatMap(header => ['--header', header]),
  ]
  const options = { cwd: join(root, 'node_modules/.cache'), maxBuffer: outputBytesMax }
  return run(program, args, options).then(
    () => '',
    ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) =>
      `${stdout}${stderr}` || 'it did not start',
  )
}
