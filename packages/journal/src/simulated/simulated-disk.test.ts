import { Prng } from '@rinha/base'
import { describe, expect, test } from 'vitest'
import { diskContract } from '../contract.ts'
import type { DiskProblem } from '../disk.ts'
import { Time } from '../testing.ts'
import { SimulatedDisk } from './simulated-disk.ts'

function make(seed = 1) {
  const time = new Time()
  return { time, disk: new SimulatedDisk(new Prng(seed), (delayMs, run) => time.after(delayMs, run)) }
}

describe('the simulated disk as a disk', () => {
  test.each(diskContract.map(check => [check.name, check] as const))('%s', async (_, check) => {
    const { time, disk } = make()
    const until = async (what: string, condition: () => boolean) => {
      time.run(100)
      if (!condition()) throw new Error(`not so: ${what}`)
    }
    await check.run({ disk, until })
  })
})

const ones = (count: number) => new Uint8Array(count).fill(1)

test('a killed process leaves any part of the append under way, and all appends that had ended', () => {
  const { time, disk } = make()
  const file = disk.create('a')
  file.append(ones(100), () => {})
  time.run(100)
  file.append(ones(100), () => {})
  const lengths = new Set(
    Array.from({ length: 200 }, () => disk.afterCrash({ powerCut: false }).sizeBytes('a')),
  )
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(100)
  expect(Math.max(...lengths)).toBeLessThanOrEqual(200)
  expect(lengths.size).toBeGreaterThan(50)
  expect(disk.afterCrash({ powerCut: true, keptBytes: 7, garbled: false }).sizeBytes('a')).toBe(107)
})

test('a power cut may garble bytes that were not synced, and never synced bytes', () => {
  const { time, disk } = make()
  const file = disk.create('a')
  file.append(ones(700), () => {})
  time.run(100)
  file.append(ones(2000), () => {})
  let garbledCount = 0
  for (let round = 0; round < 100; round += 1) {
    const bytes = disk.afterCrash({ powerCut: true, garbled: true }).bytesOf('a')
    expect(bytes.subarray(0, 700).every(byte => byte === 1)).toBe(true)
    if (bytes.some(byte => byte !== 1)) garbledCount += 1
  }
  expect(garbledCount).toBeGreaterThan(50)
})

test('bytes whose sync failed may be lost, even when a later sync succeeds', () => {
  let lostCount = 0
  for (let seed = 0; seed < 50; seed += 1) {
    const { time, disk } = make(seed)
    const file = disk.create('a')
    const problems: (DiskProblem | undefined)[] = []
    disk.trouble = 'broken'
    file.append(ones(600), problem => problems.push(problem))
    time.run(100)
    disk.trouble = undefined
    file.append(ones(600), problem => problems.push(problem))
    time.run(100)
    expect(problems.map(problem => problem?.code)).toEqual(['EIO', undefined])
    const bytes = disk.crash({ powerCut: true }).bytesOf('a')
    expect(bytes.subarray(600).every(byte => byte === 1)).toBe(true)
    if (bytes[0] === 0) lostCount += 1
  }
  expect(lostCount).toBeGreaterThan(10)
  expect(lostCount).toBeLessThan(40)
})

test('a full disk takes what still fits', () => {
  const { time, disk } = make()
  disk.capacityBytes = 150
  const problems: (string | undefined)[] = []
  const file = disk.create('a')
  for (let index = 0; index < 2; index += 1) {
    file.append(ones(100), problem => problems.push(problem?.code))
    time.run(100)
  }
  expect(problems).toEqual([undefined, 'ENOSPC'])
  expect(disk.sizeBytes('a')).toBe(150)
})

test('after the process has died, no callback of the disk runs', () => {
  const { time, disk } = make()
  let doneCount = 0
  disk.create('a').append(ones(9), () => {
    doneCount += 1
  })
  const next = disk.crash({ powerCut: false, keptBytes: 4 })
  time.run(100)
  expect(doneCount).toBe(0)
  expect(next.sizeBytes('a')).toBe(4)
  expect(() => disk.names()).toThrow('died')
})
