import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from '../testing/cluster-process.ts'

const run = promisify(execFile)
const here = join(root, 'e2e/schemathesis')
const requirements = join(here, 'requirements.txt')
const outputBytesMax = 64 * 1024 * 1024

/** The program in the version and with the hashes of `requirements.txt`. It is installed once for each such list. */
export async function installSchemathesis(): Promise<string> {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16)
  const venv = join(root, 'node_modules/.cache', `schemathesis-${digest}`)
  const program = (directory: string, name: string) => join(directory, 'bin', name)
  if (existsSync(join(venv, 'installed'))) return program(venv, 'st')
  rmSync(venv, { recursive: true, force: true })
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true })
  await run('python3', ['-m', 'venv', venv]).catch(error => {
    throw new Error(
      `Python 3.11 or later with venv is needed (Debian: apt install python3-venv): ${error.message}`,
    )
  })
  await run(program(venv, 'python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--require-hashes',
    '--only-binary',
    ':all:',
    '-r',
    requirements,
  ]).catch(error => {
    throw new Error(
      `schemathesis could not be installed: pip needs the Python package index, or PIP_INDEX_URL: ${error.message}`,
    )
  })
  writeFileSync(join(venv, 'installed'), '')
  return program(venv, 'st')
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
