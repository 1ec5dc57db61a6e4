import { policyNames, policyNumberNames } from '@rinha/routing'
import { parseSettings } from '@rinha/settings'
import { expect, test } from 'vitest'
import { engineOptions } from './engine-options.ts'
import { coordinatorSchema, settingsProblem } from './settings.ts'

function read(environment: Record<string, string>) {
  const settings = parseSettings(coordinatorSchema, environment)
  if (!settings.ok) throw new Error(settings.error.join('\n'))
  return settings.value
}

const down = {
  feeBps: 500,
  working: false,
  usable: false,
  stalled: false,
  tailed: false,
  fast: false,
  predictedMs: 5,
  proven: true,
}
const slow = { ...down, feeBps: 1500, working: true }
const queue = { stopped: false, acceptedCount: 1, noticeMs: 150, perSecondAtEnd: 3500, guardLeft: 1 }

test('a policy gets the number that is set for it', () => {
  const laneAfter = (oldestAgeMs: number, POLICY_SETTINGS: string) => {
    const { policy } = engineOptions(read({ POLICY: 'default-first', POLICY_SETTINGS }))
    return policy([down, slow], { ...queue, oldestAgeMs })[0]?.lane
  }
  expect([laneAfter(150, ''), laneAfter(1000, '')]).toEqual([undefined, 1])
  expect([laneAfter(149, 'holdMsMax=150'), laneAfter(150, 'holdMsMax=150')]).toEqual([undefined, 1])
})

test('every number of every policy can be set, and counts over the variable for it', () => {
  for (const POLICY of policyNames) {
    const POLICY_SETTINGS = policyNumberNames(POLICY)
      .map(name => `${name}=1`)
      .join(',')
    expect(settingsProblem(read({ POLICY, POLICY_SETTINGS }))).toBeUndefined()
  }
  const { policy } = engineOptions(read({ GRACE_MS: '1', POLICY_SETTINGS: 'graceMs=100000' }))
  expect(
    policy([down, { ...slow, usable: true }], { ...queue, oldestAgeMs: 0 })[0]?.keepCount,
  ).toBeGreaterThan(300_000)
})

test('a misspelt number is refused with the numbers that there are', () => {
  expect(settingsProblem(read({ POLICY: 'default-first', POLICY_SETTINGS: 'holdMsMx=150' }))).toBe(
    'POLICY_SETTINGS has holdMsMx, which is not a number of POLICY=default-first: it has holdMsMax',
  )
  expect(settingsProblem(read({ POLICY: 'always-cheapest', POLICY_SETTINGS: 'holdMsMax=1' }))).toMatch(
    /it has none$/,
  )
})

test.each([
  ['holdMsMax=', 'holdMsMax must be a number from 0, not nothing'],
  ['holdMsMax=abc', 'holdMsMax must be a number from 0, not abc'],
  ['holdMsMax=-1', 'holdMsMax must be a number from 0, not -1'],
  ['holdMsMax=1e3', 'holdMsMax must be a number from 0, not 1e3'],
  ['holdMsMax=Infinity', 'holdMsMax must be a number from 0, not Infinity'],
])('"%s" is refused by the name of the number', (POLICY_SETTINGS, words) => {
  expect(settingsProblem(read({ POLICY: 'default-first', POLICY_SETTINGS }))).toBe(
    `POLICY_SETTINGS: ${words}`,
  )
})

test('a share in percent is no more than 100; milliseconds for each percent may be', () => {
  const problem = (POLICY_SETTINGS: string) => settingsProblem(read({ POLICY: 'patient', POLICY_SETTINGS }))
  expect(problem('slowRiskPercent=500')).toBe(
    'POLICY_SETTINGS: slowRiskPercent must be a number from 0 to 100, not 500',
  )
  expect(problem('slowRiskPercent=100,outageMsPerPercent=500')).toBeUndefined()
})

test('the help has the numbers of every policy', () => {
  for (const name of policyNames)
    expect(coordinatorSchema.POLICY_SETTINGS.help).toContain(
      `${name} has ${policyNumberNames(name).join(', ') || 'none'}`,
    )
})

test.each(['holdMsMax', 'holdMsMax=1,', ',', '=1', 'holdMsMax=1=2'])(
  '"%s" is no list of numbers',
  POLICY_SETTINGS => {
    expect(() => read({ POLICY_SETTINGS })).toThrow('POLICY_SETTINGS')
  },
)
