import { drawPlan, Recording, runCluster } from '@rinha/simulator'
import { describe, expect, test } from 'vitest'
import { playerPage } from './page.ts'
import { storyOf } from './story.ts'

const { recorded, ...report } = runCluster(drawPlan({ seed: 3, minutes: 0.1 }), new Recording())
if (recorded === undefined) throw new Error('it was recorded')
const violation = { checker: 'once', message: 'payment 7 is <charged> twice', atMs: 5000, trace: [] } as const

describe('the story of a run', () => {
  const story = storyOf(report, recorded)
  const nameOf = (actor: number) => story.actors[actor]?.name
  const ofPayment = (number: number) =>
    story.happenings
      .filter(happening => happening[4] === number)
      .map(([, from, to, text]) => `${nameOf(from)} → ${nameOf(to)}: ${story.texts[text]}`)

  test('tells the life of a payment, from its client to its processor and back', () => {
    const settled = story.happenings.find(([, , , text]) => story.texts[text]?.startsWith('settled at'))
    const life = ofPayment(settled?.[4] ?? -1)
    expect(life[0]).toMatch(/^clients → API node \d: POST \/payments, taken$/)
    expect(life.some(line => /^coordinator → processor \d: POST \/payments$/.test(line))).toBe(true)
    expect(
      life.some(line => /^processor \d → coordinator: the (attempt: recorded|look-up: found)$/.test(line)),
    ).toBe(true)
    expect(life.at(-1)).toMatch(/^coordinator → coordinator: settled at processor \d$/)
  })

  test('has every event once, in the order of time, and a line for every box', () => {
    expect(story.happenings).toHaveLength(recorded.events.length)
    const times = story.happenings.map(([atMs]) => atMs)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
    // The world has no line.
    for (const { lines } of story.stands.filter(({ lines }) => !lines.includes('not there')))
      expect(lines).toHaveLength(story.actors.length - 1)
  })

  test('ends with the violation, at the payment that it names', () => {
    const { happenings, texts, isViolated } = storyOf({ ...report, violation }, recorded)
    const [, , , text = 0, payment, tone] = happenings.at(-1) ?? []
    expect([texts[text], payment, tone, isViolated]).toEqual([
      `VIOLATION of once: ${violation.message}`,
      7,
      'bad',
      true,
    ])
  })
})

describe('the page of a run', () => {
  test('is one file: no request, and a policy that allows its own style and script alone', () => {
    const page = playerPage(report, recorded, 'npm run simulate -- --seed 3', 'void 0')
    expect(page).not.toMatch(/\b(src|href)=|@import|url\(/)
    expect(page).toMatch(/default-src 'none'; style-src 'sha256-[\w+/=]+'; script-src 'sha256-[\w+/=]+'"/)
    expect(page).toContain(`All ${recorded.events.length.toLocaleString('en-US')} events are here.`)
    expect(page).toContain('No checker found anything wrong.')
  })

  test('says what was left out, and takes no text for markup', () => {
    const page = playerPage({ ...report, violation }, { ...recorded, leftOutCount: 12_345 }, 'a < b', '')
    expect(page).toContain('the 12,345 before')
    expect(page).toContain('payment 7 is &lt;charged&gt; twice')
    expect(page).not.toContain('<charged>')
    expect(page).toContain('\\u003ccharged>')
  })
})
