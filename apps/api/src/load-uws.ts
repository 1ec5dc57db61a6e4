import process from 'node:process'
import { StartProblem } from '@rinha/service'

export type Uws = typeof import('uWebSockets.js')

/**
 * uWebSockets.js is a native library that comes as one binary for each platform and Node version, so on a machine none
 * of them fits the import itself fails. That is for the user to solve, hence a {@link StartProblem}.
 */
export async function loadUws(
  load: () => Promise<{ default: Uws }> = () => import('uWebSockets.js'),
): Promise<Uws> {
  try {
    return (await load()).default
  } catch (error) {
    throw new StartProblem(explainLoadFailure(error, describePlatform()))
  }
}

export interface Platform {
  readonly nodeVersion: string
  readonly os: string
  readonly architecture: string
  /** The C library's version, `undefined` where it is not glibc (musl, as on Alpine) or the OS is not Linux. */
  readonly glibcVersion: string | undefined
}

function describePlatform(): Platform {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return {
    nodeVersion: process.versions.node,
    os: process.platform,
    architecture: process.arch,
    glibcVersion: report.header?.glibcVersionRuntime,
  }
}

/** What to do about a binary that does not load; the loader's own words, which name the cause, come last. */
export function explainLoadFailure(error: unknown, platform: Platform): string {
  const { nodeVersion, os, architecture, glibcVersion } = platform
  const library = glibcVersion === undefined ? 'no glibc' : `glibc ${glibcVersion}`
  return [
    `uWebSockets.js does not load on this machine (Node ${nodeVersion}, ${os} ${architecture}, ${library}).`,
    adviceFor(platform),
    `Cause: ${(error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ')}`,
  ].join(' ')
}

function adviceFor({ nodeVersion, os, glibcVersion }: Platform): string {
  if (os === 'linux' && glibcVersion === undefined) {
    return 'Its binaries need glibc: use an image based on Debian or Ubuntu, musl (Alpine) is not supported.'
  }
  const nodeMajor = Number.parseInt(nodeVersion, 10)
  if (nodeMajor >= 22 && glibcVersion !== undefined && isOlder(glibcVersion, '2.38')) {
    return `Node ${nodeMajor} needs glibc 2.38 or later (Debian 13, Ubuntu 24.04) here: use Node 20 on this machine.`
  }
  return 'Use Node 20 with glibc 2.27 or later, or Node 22 or 24 with glibc 2.38 or later, and install again.'
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [thanMajor = 0, thanMinor = 0] = than.split('.').map(Number)
  return major < thanMajor || (major === thanMajor && minor < thanMinor)
}
