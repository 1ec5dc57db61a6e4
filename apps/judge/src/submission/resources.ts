import { at, type Node, servicesOf } from './compose-file.ts'

/** What all services together may have. Docker's MB is 2^20 bytes, as are its M and m. */
const cpuNanosMax = 1_500_000_000
const memoryBytesMax = 350 * 2 ** 20

const unitBytes: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** CPUs in billionths, by their digits: as floats 0.1 and 0.2 are more than 0.3. Undefined where it is no number of CPUs. */
export function cpuNanosOf(cpus: Node): number | undefined {
  const [, whole, fraction = ''] = /^(\d{1,3})(?:\.(\d{1,9}))?$/.exec(String(cpus)) ?? []
  return whole === undefined ? undefined : Number(whole) * 1e9 + Number(fraction.padEnd(9, '0'))
}

/** `60MB`, `60M`, `60m` or a number of bytes. */
export function memoryBytesOf(memory: Node): number | undefined {
  const [, count, unit = ''] = /^(\d{1,12})([kmg]?)b?$/.exec(String(memory).toLowerCase()) ?? []
  return count === undefined ? undefined : Number(count) * (unitBytes[unit] ?? Number.NaN)
}

/** Every service has both limits, and together they do not exceed the allowed ones. */
export function resourceProblems(compose: Node): readonly string[] {
  const problems: string[] = []
  let cpuNanos = 0
  let memoryBytes = 0
  for (const [name, service] of servicesOf(compose)) {
    const limits = at(service, 'deploy', 'resources', 'limits')
    const cpus = at(limits, 'cpus')
    const memory = at(limits, 'memory')
    const nanos = cpuNanosOf(cpus)
    const bytes = memoryBytesOf(memory)
    if (nanos === undefined) problems.push(limitProblem(name, 'cpus', cpus, 'a decimal such as "0.30"'))
    if (bytes === undefined)
      problems.push(limitProblem(name, 'memory', memory, 'a whole number such as 60MB'))
    cpuNanos += nanos ?? 0
    memoryBytes += bytes ?? 0
  }
  if (cpuNanos > cpuNanosMax)
    problems.push(`deploy.resources.limits.cpus add up to ${cpuNanos / 1e9}: at most ${cpuNanosMax / 1e9}`)
  if (memoryBytes > memoryBytesMax) {
    const [have, most] = [memoryBytes, memoryBytesMax].map(each => each / 2 ** 20)
    problems.push(`deploy.resources.limits.memory add up to ${have} MB: at most ${most} MB`)
  }
  return problems
}

function limitProblem(service: string, limit: string, value: Node, allowed: string): string {
  const said = value === undefined ? 'is missing' : `${JSON.stringify(value)} is not allowed`
  return `${service}: deploy.resources.limits.${limit} ${said}: ${allowed}`
}
