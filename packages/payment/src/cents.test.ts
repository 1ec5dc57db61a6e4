import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AmountProblem, amountCentsMax, centsOfDecimal, printCents, readAmountCents } from './cents.ts'

function read(lexeme: string): number | AmountProblem {
  const text = new TextEncoder().encode(`[${lexeme}]`)
  return readAmountCents(text, 1, text.length - 1)
}

test.each([
  ['19.90', 1990],
  ['20.05', 2005],
  ['0.07', 7],
  ['1e-2', 1],
  ['1.005', 'too-many-decimals'],
  ['1.00499999999999989', 'too-many-decimals'],
  ['0', 'not-positive'],
  ['-0', 'not-positive'],
  ['0.000e99', 'not-positive'],
  ['-1', 'not-positive'],
  ['-1e999999999', 'not-positive'],
  ['19.9', 1990],
  ['19.9000000000000000000000000', 1990],
  ['199E-1', 1990],
  ['0.199e+2', 1990],
  ['1990000000000000000000000e-23', 1990],
  ['0.00000000000000000000000199e25', 1990],
  ['10000000', 1_000_000_000],
  ['10000000.00', amountCentsMax],
  ['1e7', amountCentsMax],
  ['10000000.01', 'too-large'],
  ['1e99999999999999999999', 'too-large'],
  ['1e-99999999999999999999', 'too-many-decimals'],
  ['123456789012345678901234567890', 'too-large'],
  ['9'.repeat(400), 'too-large'],
  [`${'9'.repeat(400)}e-400`, 'too-many-decimals'],
  [`${'0'.repeat(400)}1${'0'.repeat(400)}e-400`, 100],
  [`0.${'0'.repeat(400)}1e400`, 10],
] as const)('%s is %s', (lexeme, expected) => {
  expect(read(lexeme)).toBe(expected)
})

const digits = (minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(...'00123456789'), { minLength, maxLength }).map(list => list.join(''))

/** JSON numbers, and with leading zeros what only the scanner in front of this function refuses. */
const lexeme = fc.record({
  sign: fc.constantFrom('', '', '', '-'),
  zeros: fc.constantFrom('', '', '0', '000'),
  whole: digits(1, 20),
  fraction: fc.option(digits(1, 20), { nil: undefined, freq: 4 }),
  exponent: fc.option(
    fc.record({ letter: fc.constantFrom('e', 'E', 'e+', 'E-', 'e-', 'e0', 'e-00'), power: fc.nat(30) }),
    {
      nil: undefined,
    },
  ),
})

function print(parts: { sign: string; zeros: string; whole: string; fraction?: string; exponent?: string }) {
  const { sign, zeros, whole, fraction, exponent } = parts
  return `${sign}${zeros}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent ?? ''}`
}

/** The same question answered with exact integers: value = significand · 10^power. */
function exactly(lexeme: string): number | AmountProblem {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(lexeme)
  if (parts === null) throw new Error(`not a number: ${lexeme}`)
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  const significand = BigInt(whole + fraction)
  if (sign === '-' || significand === 0n) return 'not-positive'
  const power = Number(exponent) - fraction.length + 2
  const scale = 10n ** BigInt(Math.abs(power))
  if (power < 0 && significand % scale !== 0n) return 'too-many-decimals'
  const cents = power < 0 ? significand / scale : significand * scale
  return cents > BigInt(amountCentsMax) ? 'too-large' : Number(cents)
}

test('every lexeme is read as exact integer arithmetic reads it', () => {
  fc.assert(
    fc.property(lexeme, ({ exponent, fraction, ...rest }) => {
      const text = print({
        ...rest,
        ...(fraction === undefined ? {} : { fraction }),
        ...(exponent === undefined ? {} : { exponent: `${exponent.letter}${exponent.power}` }),
      })
      expect([text, read(text)]).toEqual([text, exactly(text)])
    }),
    { numRuns: 3000 },
  )
})

test('every spelling of an allowed amount is that amount', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: amountCentsMax }),
      fc.integer({ min: -12, max: 12 }),
      fc.nat(4),
      (cents, shift, zeros) => {
        // cents · 10^shift, written with an exponent that undoes the shift
        const shifted = shift >= 0 ? `${cents}${'0'.repeat(shift)}` : shiftedRight(cents, -shift)
        const tail = shifted.includes('.') ? '0'.repeat(zeros) : ''
        expect(read(`${shifted}${tail}e${-2 - shift}`)).toBe(cents)
      },
    ),
    { numRuns: 1000 },
  )
})

function shiftedRight(cents: number, places: number): string {
  const padded = String(cents).padStart(places + 1, '0')
  return `${padded.slice(0, -places)}.${padded.slice(-places)}`
}

test('a printed amount is read back, as a lexeme and as a double', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: amountCentsMax }), cents => {
      expect(printCents(cents)).toMatch(/^\d+\.\d\d$/)
      expect(read(printCents(cents))).toBe(cents)
      expect(centsOfDecimal(JSON.parse(printCents(cents)))).toBe(cents)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  [0, '0.00'],
  [5, '0.05'],
  [50, '0.50'],
  [24_071_040, '240710.40'],
  [Number.MAX_SAFE_INTEGER, '90071992547409.91'],
])('%d cents are printed as %s', (cents, text) => {
  expect(printCents(cents)).toBe(text)
})

test('printing a fraction of a cent, a debt or an inexact sum is a programmer error', () => {
  for (const cents of [0.5, -1, 2 ** 53, Number.NaN]) expect(() => printCents(cents)).toThrow('integer')
})

test.each([
  [19.9, 1990],
  [1_802_945.3, 180_294_530],
  [0, 0],
  [-0, 0],
  [0.1 + 0.2, undefined],
  [1.005, undefined],
  [1e-9, undefined],
  [1e300, undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
])('the double %d is %s cents', (decimal, cents) => {
  expect(centsOfDecimal(decimal)).toBe(cents)
})

test('a total of four million of the largest payments is still exact', () => {
  const total = 4_000_000 * amountCentsMax
  expect(BigInt(total)).toBe(4_000_000n * BigInt(amountCentsMax))
  expect(total + 1).not.toBe(total)
})
