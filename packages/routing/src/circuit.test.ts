import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { Circuit } from './circuit.ts'

const options = { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 400 }

function opened(atMs = 1000): Circuit {
  const circuit = new Circuit(options)
  for (let failure = 0; failure < 3; failure += 1) circuit.failed(false, atMs)
  return circuit
}

test('the circuit opens on failures in a row, and records in between restart the count', () => {
  const circuit = new Circuit(options)
  circuit.failed(false, 1)
  circuit.failed(false, 2)
  for (let record = 0; record < 200; record += 1) circuit.recorded(false)
  circuit.failed(false, 3)
  circuit.failed(false, 4)
  expect(circuit.state).toBe('closed')
  circuit.failed(false, 5)
  expect(circuit.state).toBe('open')
  expect(circuit.canaryAtMs).toBe(55)
})

test('C1: while a canary is under way no other is due', () => {
  const circuit = opened()
  circuit.startCanary(1050)
  expect(circuit.state).toBe('probing')
  expect(circuit.canaryAtMs).toBe(Number.POSITIVE_INFINITY)
  expect(() => circuit.startCanary(1050)).toThrow('when it is due')
})

test('C2: late answers to attempts from before the outage neither close the circuit nor lengthen the wait', () => {
  const circuit = opened()
  circuit.recorded(false)
  circuit.failed(false, 1040)
  expect(circuit.state).toBe('open')
  expect(circuit.canaryAtMs).toBe(1050)
  circuit.startCanary(1050)
  circuit.recorded(false)
  expect(circuit.state).toBe('probing')
  circuit.recorded(true)
  expect(circuit.state).toBe('closed')
})

test('C3: the pause between canaries doubles up to its maximum, and starts again at its minimum after a recovery', () => {
  const circuit = opened(0)
  const pauses: number[] = []
  for (let canary = 0; canary < 6; canary += 1) {
    const atMs = circuit.canaryAtMs
    circuit.startCanary(atMs)
    circuit.failed(true, atMs)
    pauses.push(circuit.canaryAtMs - atMs)
  }
  expect(pauses).toEqual([100, 200, 400, 400, 400, 400])
  circuit.startCanary(circuit.canaryAtMs)
  circuit.recorded(true)
  for (let failure = 0; failure < 5; failure += 1) circuit.failed(false, 9000)
  expect(circuit.canaryAtMs).toBe(9050)
})

test('a canary that told nothing about health is tried again after the same pause', () => {
  const circuit = opened(0)
  circuit.startCanary(50)
  circuit.canaryInconclusive(60)
  expect(circuit.state).toBe('open')
  expect(circuit.canaryAtMs).toBe(110)
})

test('a poll that says failing opens, and one that says working closes on trial', () => {
  const circuit = new Circuit(options)
  circuit.polled(false, 10)
  expect(circuit.state).toBe('closed')
  circuit.polled(true, 20)
  expect(circuit.state).toBe('open')
  circuit.polled(false, 25)
  expect(circuit.state).toBe('closed')
  circuit.failed(false, 30)
  expect(circuit.state).toBe('open')
  circuit.startCanary(circuit.canaryAtMs)
  circuit.polled(false, 100)
  expect(circuit.state).toBe('probing')
})

test('C4: a canary that is recorded although health says failing overrides it, until health says otherwise or attempts fail', () => {
  const circuit = new Circuit(options)
  circuit.polled(true, 0)
  circuit.startCanary(50)
  circuit.recorded(true)
  circuit.polled(true, 5000)
  expect(circuit.state).toBe('closed')
  for (let failure = 0; failure < options.failuresToOpen; failure += 1) circuit.failed(false, 6000)
  expect(circuit.state).toBe('open')
  circuit.startCanary(7000)
  circuit.recorded(true)
  circuit.polled(false, 10_000)
  circuit.polled(true, 15_000)
  expect(circuit.state).toBe('open')
})

test('where failures are usual it takes more of them to open the circuit: five in a hundred at random do not', () => {
  const circuit = new Circuit(options)
  const prng = new Prng(4)
  for (let attempt = 0; attempt < 10_000; attempt += 1) {
    if (prng.chance(0.05)) circuit.failed(false, attempt)
    else circuit.recorded(false)
  }
  expect(circuit.openedCount).toBeLessThan(3)
  for (let failure = 0; failure < 8; failure += 1) circuit.failed(false, 20_000)
  expect(circuit.state).toBe('open')
})
