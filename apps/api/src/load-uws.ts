import { StartProblem } from '@rinha/service'
import { type Machine, machineProblem, thisMachine } from '../../../tools/machine.mjs'

export type Uws = typeof import('uWebSockets.js')

/**
 * uWebSockets.js is a native library that comes as one binary for each platform and Node version, so on a machine none
 * of them fits the import itself fails. The user has to solve that, so it is a {@link StartProblem}. The set-up makes
 * the same check, but a bundle may run on another machine than it was made on.
 */
export async function loadUws(
  load: () => Promise<{ default: Uws }> = () => import('uWebSockets.js'),
): Promise<Uws> {
  try {
    return (await load()).default
  } catch (error) {
    throw new StartProblem(explainLoadFailure(error, thisMachine()))
  }
}

/** What to do about a binary that does not load; the loader's own words, which name the cause, come last. */
export function explainLoadFailure(error: unknown, machine: Machine): string {
  const { nodeVersion, platform, arch } = machine
  const advice = machineProblem(machine) ?? 'use Node 20, 22, 24 or 25, and install again'
  const cause = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ')
  return `uWebSockets.js does not load (Node ${nodeVersion}, ${platform} ${arch}): ${advice}. Cause: ${cause}`
}
