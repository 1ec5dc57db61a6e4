import { type PolicyName, type PolicyParameters, policyNumberNames } from '@rinha/routing'
import { text } from '@rinha/settings'

/**
 * A policy's own numbers, from one variable for all policies: `POLICY_SETTINGS=endHoldMs=200,tailHoldMs=1000`. A number that
 * a policy reads can be set here without another change; one that it does not read is refused.
 */
export const policySettings = text({
  fallback: '',
  pattern: /^(\w+=\d{1,9}(\.\d{1,6})?(,(?!$)|$))*$/,
  allowed: 'number=value with commas between, such as endHoldMs=200,tailHoldMs=1000, or nothing',
  help: 'Numbers of POLICY, by their names in packages/routing/src/policy.ts. They override the settings below. A name that POLICY does not read is refused, and the refusal lists the names that it reads.',
})

/** The numbers by name. The text has matched {@link policySettings}. */
export function policyNumbers(list: string): PolicyParameters {
  return Object.fromEntries(
    list
      .split(',')
      .filter(entry => entry !== '')
      .map(entry => entry.split('='))
      .map(([name, value]) => [name, Number(value)]),
  )
}

/** The problem with the list for this policy, or `undefined`. */
export function policySettingsProblem(policy: PolicyName, list: string): string | undefined {
  const known = policyNumberNames(policy)
  const unknown = Object.keys(policyNumbers(list)).find(name => !known.includes(name))
  if (unknown === undefined) return undefined
  const what = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
  return `POLICY_SETTINGS has ${unknown}, which is no number of POLICY=${policy}: ${what}`
}
