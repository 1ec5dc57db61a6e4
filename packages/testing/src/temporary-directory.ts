import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whenOver } from './when-over.ts'

/** A new directory, which goes when the test that asks is over; asked for outside any test, when the file's tests are. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'payment-cluster-'))
  whenOver(() => rmSync(path, { recursive: true, force: true }))
  return path
}
