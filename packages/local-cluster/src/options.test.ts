import { describe, expect, test } from 'vitest'
import { type ClusterOptions, defaultOptions, parseClusterOptions } from './options.ts'

function parsed(line: string): ClusterOptions {
  const result = parseClusterOptions(line.split(' ').filter(word => word !== ''))
  if (!result.ok || result.value === 'help') throw new Error(`not accepted: ${line}`)
  return result.value
}

test('without options everything is at its usual place', () => {
  expect(parsed('')).toEqual(defaultOptions)
})

test('every address and fee can be changed', () => {
  const line =
    '--port 1 --node-ports 2,3,4 --default-port 5 --fallback-port 6 --channel-port 7 --admin-port 8 ' +
    '--default-fee 0.07 --fallback-fee .1'
  expect(parsed(line)).toEqual({
    port: 1,
    nodePorts: [2, 3, 4],
    defaultPort: 5,
    fallbackPort: 6,
    channelPort: 7,
    adminPort: 8,
    defaultFeeRate: 0.07,
    fallbackFeeRate: 0.1,
  })
})

test('help is asked for by either spelling', () => {
  for (const word of ['--help', '-h']) {
    expect(parseClusterOptions([word])).toEqual({ ok: true, value: 'help' })
  }
})

describe('a wrong option is answered with its name, its value and what is allowed', () => {
  test.each([
    ['--port 0', '--port 0 is not allowed: a port from 1 to 65535'],
    ['--port 65536', '--port 65536 is not allowed: a port from 1 to 65535'],
    ['--port 80a', '--port 80a is not allowed'],
    ['--node-ports 9101,', '--node-ports 9101, is not allowed: 1 to 16 ports'],
    ['--node-ports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17', 'is not allowed: 1 to 16 ports'],
    ['--default-fee 5', '--default-fee 5 is not allowed: a part of 1, such as 0.05'],
    ['--bogus 1', "Unknown option '--bogus'"],
    ['stray', 'Unexpected argument'],
  ])('%s', (line, said) => {
    const result = parseClusterOptions(line.split(' '))
    expect(result.ok ? '' : result.error).toContain(said)
  })

  test('two wrong options are both named', () => {
    const result = parseClusterOptions(['--port', 'x', '--admin-port', 'y'])
    expect(result.ok ? '' : result.error.split('\n')).toHaveLength(2)
  })
})

test('one port for two purposes is refused, naming both', () => {
  const result = parseClusterOptions(['--admin-port', '9101'])
  expect(result.ok ? '' : result.error).toMatch(
    /port 9101 is given twice, to the own port of api1 \(--node-ports\) and .*admin port \(--admin-port\)/,
  )
})
