import {
  type PolicyName,
  type PolicyParameters,
  policyNames,
  policyNumberNames,
  policyNumberProblem,
} from '@rinha/routing'
import { text } from '@rinha/settings'

/**
 * A policy's own numbers, from one variable for all policies: `POLICY_SETTINGS=endHoldMs=200,tailHoldMs=1000`. A number that
 * a policy reads can be set here without another change; one that it does not read is refused.
 */
export const policySettings = text({
  fallback: '',
  pattern: /^(\w+=[^,=]*(,(?!$)|$))*$/,
  allowed: 'name=number with commas between, such as endHoldMs=200,tailHoldMs=1000, or nothing',
  help: `Numbers of POLICY, by name. They override the settings below. Any other name is refused. ${policyNames.map(numbersOf).join('. ')}.`,
})

function numbersOf(policy: PolicyName): string {
  return `${policy} has ${policyNumberNames(policy).join(', ') || 'none'}`
}

/** The numbers by name. The text has matched {@link policySettings}. */
export function policyNumbers(list: string): PolicyParameters {
  return Object.fromEntries(entriesOf(list).map(([name, value]) => [name, Number(value)]))
}

function entriesOf(list: string): readonly (readonly [string, string])[] {
  return list
    .split(',')
    .filter(entry => entry !== '')
    .map(entry => {
      const [name = '', value = ''] = entry.split('=')
      return [name, value]
    })
}

/** The problem with the list for this policy, or `undefined`. */
export function policySettingsProblem(policy: PolicyName, list: string): string | undefined {
  const known = policyNumberNames(policy)
  const entries = entriesOf(list)
  const [unknown] = entries.find(([name]) => !known.includes(name)) ?? []
  if (unknown === undefined) {
    const wrong = entries.map(entry => policyNumberProblem(...entry)).find(problem => problem !== undefined)
    return wrong && `POLICY_SETTINGS: ${wrong}`
  }
  const what = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
  return `POLICY_SETTINGS has ${unknown}, which is not a number of POLICY=${policy}: ${what}`
}
