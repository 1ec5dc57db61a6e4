import { summaries, switches, tokens } from './checks/admin.ts'
import { delay, failure } from './checks/delay-and-failure.ts'
import { healthReportChecks, healthWindowChecks, reportHealth, watchWindows } from './checks/health.ts'
import { limiter } from './checks/limiter.ts'
import { recording, rounding } from './checks/recording.ts'
import { validation, validationOrder } from './checks/validation.ts'
import { type CheckResult, Notes } from './notes.ts'
import { defaultParameters, type Parameters } from './parameters.ts'
import type { Scenario } from './scenario.ts'
import { Target } from './target.ts'

const scenarios: readonly Scenario[] = [
  recording,
  rounding,
  validation,
  validationOrder,
  delay,
  failure,
  summaries,
  tokens,
  switches,
  limiter,
]

/** Every fact that is checked, by the name of its check. */
export const checks: Readonly<Record<string, string>> = Object.assign(
  {},
  ...scenarios.map(scenario => scenario.checks),
  healthReportChecks,
  healthWindowChecks,
)

export interface ConformanceOptions {
  /** The processor's origin: `http://localhost:8001`. */
  readonly url: string
  /** The token it has now. */
  readonly token: string
  /** The checks to make; all of them where this is missing. */
  readonly only?: readonly string[]
  readonly parameters?: Partial<Parameters>
}

/**
 * Checks a payment processor against what is known of the real one, and answers one result for each check, in a fixed
 * order. ERASES its payments. What it changed of delay, failure and token is put back at the end. Nobody else may use
 * the processor meanwhile. Rejects only where `only` names a check there is not.
 */
export async function checkConformance(options: ConformanceOptions): Promise<CheckResult[]> {
  const wanted = new Set(options.only ?? Object.keys(checks))
  for (const name of wanted) if (!(name in checks)) throw new Error(`there is no check ${name}`)
  const parameters = { ...defaultParameters, ...options.parameters }
  const target = new Target(options.url, options.token)
  const notes = new Notes()
  const wants = (names: object) => Object.keys(names).some(name => wanted.has(name))
  try {
    const reached = await attempt(notes, [...wanted], () => target.calm())
    if (!reached) return results(notes, wanted)
    let firstMs = 0
    if (wants(healthReportChecks) || wants(healthWindowChecks)) {
      await attempt(notes, Object.keys(healthReportChecks), async () => {
        firstMs = await reportHealth(target, notes)
      })
    }
    // The windows take their time, and nothing else that is checked disturbs them.
    const windows = wants(healthWindowChecks)
      ? attempt(notes, Object.keys(healthWindowChecks), () =>
          watchWindows(target, notes, parameters, firstMs),
        )
      : undefined
    for (const scenario of scenarios) {
      if (!wants(scenario.checks)) continue
      await attempt(notes, Object.keys(scenario.checks), async () => {
        await target.calm()
        await scenario.run(target, notes, parameters)
      })
    }
    await windows
  } finally {
    await target.leave().catch(() => {})
  }
  return results(notes, wanted)
}

function results(notes: Notes, wanted: ReadonlySet<string>): CheckResult[] {
  return Object.entries(checks)
    .filter(([name]) => wanted.has(name))
    .map(([name, fact]) => notes.result(name, fact))
}

/** A scenario that breaks off fails all of its checks, and says why. */
async function attempt(notes: Notes, names: readonly string[], run: () => Promise<void>): Promise<boolean> {
  try {
    await run()
    return true
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error)
    for (const name of names) notes.holds(name, 'the sequence of requests', 'goes through', seen, false)
    return false
  }
}
