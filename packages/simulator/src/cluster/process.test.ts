import { expect, test } from 'vitest'
import { World, worldStartMs } from '../world.ts'
import { Process } from './process.ts'

function rig() {
  const world = new World(1)
  const process = new Process(world, 7)
  const ran: string[] = []
  const run = (name: string) => () => ran.push(`${name}@${Math.floor(world.nowMs - worldStartMs)}`)
  return { world, process, ran, run, pass: (ms: number) => world.runUntil(world.nowMs + ms) }
}

test('timers run at their times, once or again and again, until they are cancelled', () => {
  const { pass, process, ran, run } = rig()
  const cancelOnce = process.timers.after(10, run('never'))
  process.timers.after(25, run('once'))
  const cancelEvery = process.timers.every(10, run('every'))
  cancelOnce()
  pass(35)
  cancelEvery()
  pass(1000)
  expect(ran).toEqual(['every@10', 'every@20', 'once@25', 'every@30'])
})

test('a repeating timer may cancel itself', () => {
  const { pass, process, ran, run } = rig()
  const cancel = process.timers.every(10, () => {
    run('every')()
    cancel()
  })
  pass(1000)
  expect(ran).toEqual(['every@10'])
})

test('a callback for the end of a turn runs within a moment, and not at once', () => {
  const { pass, process, ran, run } = rig()
  process.timers.soon(run('soon'))
  expect(ran).toEqual([])
  pass(0.2)
  expect(ran).toEqual(['soon@0'])
})

test('a process that is killed does nothing any more', () => {
  const { pass, process, ran, run } = rig()
  process.timers.soon(run('soon'))
  process.timers.after(5, run('after'))
  process.timers.every(5, run('every'))
  process.kill()
  pass(1000)
  process.timers.after(5, run('after its death'))
  pass(1000)
  expect(ran).toEqual([])
})

test('each life has chance and nonces of its own', () => {
  const world = new World(1)
  const [one, other] = [new Process(world, 7), new Process(world, 7)]
  const draw = ({ chance, crypto }: Process) => [
    chance.unit(),
    chance.bytes(16).join(),
    crypto.nonce().join(),
  ]
  const drawn = [draw(one), draw(one), draw(other), draw(other)].flat()
  expect(new Set(drawn).size).toBe(drawn.length)
})

test('the same secret gives the same proof; another byte in the transcript or another secret changes all of it', () => {
  const world = new World(1)
  const [one, same, other] = [new Process(world, 7), new Process(world, 7), new Process(world, 8)]
  const transcript = Uint8Array.from({ length: 120 }, (_, index) => index)
  const proof = one.crypto.hmac(transcript)
  expect(same.crypto.equal(same.crypto.hmac(transcript), proof)).toBe(true)
  expect(other.crypto.equal(other.crypto.hmac(transcript), proof)).toBe(false)
  transcript.forEach((byte, index) => {
    const changed = transcript.with(index, byte ^ 1)
    expect([index, one.crypto.equal(one.crypto.hmac(changed), proof)]).toEqual([index, false])
  })
  expect(one.crypto.equal(proof, proof.subarray(1))).toBe(false)
})

test('its monotonic clock counts from its own start; its wall clock is the machine’s, however wrong that is set', () => {
  const world = new World(1)
  const wallClock = { errorMs: 0 }
  world.runUntil(worldStartMs + 1000.25)
  const process = new Process(world, 7, wallClock)
  expect(process.time()).toEqual({ nowMs: 0, wallMs: worldStartMs + 1000 })
  world.runUntil(world.nowMs + 500)
  wallClock.errorMs = -86_400_000
  expect(process.time()).toEqual({ nowMs: 500, wallMs: worldStartMs + 1500 - 86_400_000 })
  wallClock.errorMs = 100
  expect(new Process(world, 7, wallClock).time()).toEqual({ nowMs: 0, wallMs: worldStartMs + 1600 })
})

test('an answer from outside reaches the living only', () => {
  const { process } = rig()
  const heard: number[] = []
  const told = process.whileAlive((number: number) => heard.push(number))
  told(1)
  process.kill()
  told(2)
  expect(heard).toEqual([1])
})
