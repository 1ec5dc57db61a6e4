import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '@rinha/testing'
import { expect, test } from 'vitest'
import { withPlayers } from './player.ts'

/** A player that answers a number with its double and its own process id, and dies of a negative one. */
function program() {
  const module = join(temporaryDirectory(), 'doubler.mjs')
  writeFileSync(
    module,
    `process.on('message', ({ number }) => {
      if (number < 0) throw new Error('no such job')
      process.send({ double: number * 2, pid: process.pid })
    })`,
  )
  return { module }
}

interface Result {
  readonly double: number
  readonly pid: number
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('each player plays its jobs one after the other, and none is left behind', async () => {
  const results = await withPlayers<{ number: number }, Result, readonly Result[]>(
    2,
    program(),
    async plays => {
      const [one, other] = plays
      if (one === undefined || other === undefined) throw new Error('two players were asked for')
      return [...(await Promise.all([one({ number: 1 }), other({ number: 2 })])), await one({ number: 3 })]
    },
  )
  expect(results.map(({ double }) => double)).toEqual([2, 4, 6])
  expect(results[0]?.pid).toBe(results[2]?.pid)
  expect(results[0]?.pid).not.toBe(results[1]?.pid)
  expect(results.map(({ pid }) => isAlive(pid))).toEqual([false, false, false])
})

test('a player that breaks rejects its play, and ends the others', async () => {
  let survivor = 0
  const broken = withPlayers<{ number: number }, Result, Result>(2, program(), async ([one, other]) => {
    if (one === undefined || other === undefined) throw new Error('two players were asked for')
    survivor = (await other({ number: 1 })).pid
    return one({ number: -1 })
  })
  await expect(broken).rejects.toThrow(/player 1 ended .*exit code 1/)
  expect(isAlive(survivor)).toBe(false)
})
