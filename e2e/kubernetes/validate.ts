import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pythonProgram } from '../../packages/testing/src/index.ts'
import { root } from '../testing/cluster-process.ts'

const run = promisify(execFile)

/** The program in the version and with the hashes of `requirements.txt`. It has the schemas of Kubernetes in it. */
export function installValidator(): Promise<string> {
  const requirements = readFileSync(join(root, 'e2e/kubernetes/requirements.txt'), 'utf8')
  return pythonProgram('kubernetes-validate', requirements)
}

/** What is wrong with the manifests in files, by the schemas of a version; empty: nothing. Unknown fields are wrong. */
export function findings(program: string, version: string, paths: readonly string[]): Promise<string> {
  return run(program, ['--kubernetes-version', version, '--strict', '--quiet', ...paths]).then(
    ({ stdout, stderr }) => `${stdout}${stderr}`,
    ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) =>
      `${stdout}${stderr}` || 'it did not start',
  )
}
