import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { StartProblem } from '@rinha/service'

/** What the organisers ran; another version may measure otherwise. */
export const officialVersion = '1.1.0'

const howToInstall =
  'install it (https://grafana.com/docs/k6/latest/set-up/install-k6/, ' +
  `or the archive of v${officialVersion} from https://github.com/grafana/k6/releases) so that \`k6 version\` works`

/** The version of the k6 on the PATH; a {@link StartProblem} says how to get one. */
export async function k6Version(): Promise<string> {
  let said: string
  try {
    said = (await promisify(execFile)('k6', ['version'])).stdout
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new StartProblem(
      code === 'ENOENT'
        ? `k6 is not on the PATH: ${howToInstall}`
        : `\`k6 version\` failed (${message.trim()}): ${howToInstall}`,
    )
  }
  return versionIn(said)
}

/** The version in the words of `k6 version`. The script is TypeScript, which k6 runs since 1.0. */
export function versionIn(said: string): string {
  const version = /^k6(?:\.exe)? v(\d+\.\d+\.\d+)/.exec(said)?.[1]
  if (version === undefined)
    throw new StartProblem(
      `\`k6 version\` printed ${JSON.stringify(said.trim())} in place of a version: ${howToInstall}`,
    )
  if (Number.parseInt(version, 10) < 1)
    throw new StartProblem(`k6 ${version} is too old: the script needs at least 1.0. ${howToInstall}`)
  return version
}

/** The path of the script, from the sources and from the bundle. */
export function scriptPath(): string {
  const path = ['../../../../e2e/k6/score.ts', '../e2e/k6/score.ts']
    .map(relative => fileURLToPath(new URL(relative, import.meta.url)))
    .find(existsSync)
  if (path === undefined)
    throw new StartProblem(
      `${join('e2e', 'k6', 'score.ts')} does not exist here: run this from the root of the project`,
    )
  return path
}

/** k6 on the script: quiet, its log as JSON lines on stderr, its API (for the progress) at `apiPort`, no report home. */
export function k6Command(apiPort: number): { readonly command: string; readonly args: readonly string[] } {
  const log = ['--log-output', 'stderr', '--log-format', 'json']
  const quiet = ['--quiet', '--no-color', '--no-usage-report']
  return {
    command: 'k6',
    args: ['run', ...quiet, ...log, '--address', `127.0.0.1:${apiPort}`, scriptPath()],
  }
}
