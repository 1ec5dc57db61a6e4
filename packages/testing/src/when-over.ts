import { afterAll, onTestFinished, TestRunner } from 'vitest'

/** Runs it when the test that asks is over, after the hooks; asked outside any test, when all of the file's are. */
export function whenOver(run: () => void): void {
  if (TestRunner.getCurrentTest() === undefined) afterAll(run)
  else onTestFinished(run)
}
