import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { outcomeOf, temporaryDirectory } from '@rinha/testing'
import { describe, expect, test } from 'vitest'
import { lesson } from './command.ts'
import { holdLesson } from './hold-lesson.ts'
import { lessons } from './lessons.ts'

const learning = fileURLToPath(new URL('../../../../docs/learning', import.meta.url))
const sources = dirname(fileURLToPath(import.meta.url))

describe.each(lessons)('lesson $name', each => {
  const runs = { out: each.play('out'), in: each.play('in') }

  test('shows the failure without the cure, and none with it', () => {
    expect(runs.out.figure).toBeGreaterThan(each.figureMax)
    expect(runs.in.figure).toBeLessThanOrEqual(each.figureMax)
    for (const { values } of [runs.out, runs.in]) expect(values).toHaveLength(each.frame.bucketCount)
    expect(runs.out.values).not.toEqual(runs.in.values)
    expect(holdLesson({ ...each, play: cure => runs[cure] })).toMatchObject({ holds: true })
  })

  test('fails when its cure is taken out, and says by which figure', () => {
    const { holds, text } = holdLesson({ ...each, play: () => runs.out })
    expect(holds).toBe(false)
    expect(text).toMatch(/does not hold/)
    expect(text.split(`=> ${text.match(/=> (.+)/)?.[1]}`)).toHaveLength(3)
  })

  test('fails when there is nothing to cure', () => {
    expect(holdLesson({ ...each, play: () => runs.in }).holds).toBe(false)
  })

  test('prints what its page quotes, figure by figure, and draws its picture', () => {
    const { text, picture } = holdLesson({ ...each, play: cure => runs[cure] })
    const page = readFileSync(join(learning, `${each.name}.md`), 'utf8')
    const hint = `after a change, npm run lesson -- ${lessons.indexOf(each) + 1} writes them anew`
    expect(/```text\n([^`]*)\n```/.exec(page)?.[1], hint).toBe(text)
    expect(readFileSync(join(learning, `${each.name}.svg`), 'utf8'), hint).toBe(picture)
  })

  test('has a page with its picture and its command, and is short', () => {
    const number = lessons.indexOf(each) + 1
    const page = readFileSync(join(learning, `${each.name}.md`), 'utf8')
    expect(page).toContain(`](${each.name}.svg)`)
    expect(page).toContain(`npm run lesson -- ${number}\n`)
    expect(page).toMatch(/^## In Elixir$/m)
    expect(page).toMatch(/^## Alternatives$/m)
    expect(existsSync(join(learning, `${each.name}.svg`))).toBe(true)
    expect(readFileSync(join(sources, `${each.name}.ts`), 'utf8').split('\n').length).toBeLessThan(100)
  })
})

describe('the command lesson', () => {
  const said = (...argv: readonly string[]) => outcomeOf(lesson, ...argv)

  test('lists all lessons without a number', async () => {
    const { code, stdout } = await said()
    expect(code).toBe(0)
    for (const { title } of lessons) expect(stdout).toContain(title)
  })

  test('plays one, the same at every time, and draws it in light and dark', async () => {
    const out = temporaryDirectory()
    const first = await said('3', '--out', out)
    const picture = readFileSync(join(out, '03-float-money.svg'), 'utf8')
    expect(first).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Without the cure[\s\S]*=> [1-9][\s\S]*=> 0 /),
    })
    expect(await said('3', '--out', out)).toEqual(first)
    expect(readFileSync(join(out, '03-float-money.svg'), 'utf8')).toBe(picture)
    expect(picture).toMatch(/^<svg xmlns[\s\S]*prefers-color-scheme:dark[\s\S]*<\/svg>\n$/)
    expect(picture.match(/<path /g)).toHaveLength(2)
  })

  test('there is no eleventh', async () => {
    expect(await said('11')).toMatchObject({ code: 2, stdout: '' })
  })
})
