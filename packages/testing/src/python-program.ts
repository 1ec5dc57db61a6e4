import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('../../../node_modules/.cache', import.meta.url))

/**
 * A program of the Python package index, in the version and with the hashes of `requirements`, the text of a requirements
 * file. It is installed once for each such text.
 */
export async function pythonProgram(name: string, requirements: string): Promise<string> {
  const digest = createHash('sha256').update(requirements).digest('hex').slice(0, 16)
  const venv = join(cache, `${name}-${digest}`)
  const program = join(venv, 'bin', name)
  if (existsSync(join(venv, 'installed'))) return program
  rmSync(venv, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  await run('python3', ['-m', 'venv', venv]).catch(error => {
    throw new Error(
      `Python 3.11 or later with venv is needed (Debian: apt install python3-venv): ${error.message}`,
    )
  })
  const list = join(venv, 'requirements.txt')
  writeFileSync(list, requirements)
  const flags = ['install', '--quiet', '--require-hashes', '--only-binary', ':all:', '-r', list]
  await run(join(venv, 'bin/python'), ['-m', 'pip', ...flags]).catch(error => {
    throw new Error(
      `${name} could not be installed: pip needs the Python package index, or PIP_INDEX_URL: ${error.message}`,
    )
  })
  writeFileSync(join(venv, 'installed'), '')
  return program
}
