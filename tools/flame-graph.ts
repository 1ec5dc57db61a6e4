import { escaped } from '../apps/judge/src/run-report/markup.ts'

/** A CPU profile as V8 writes it. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

/** A function under its callers, with the time in it and in what it called. */
interface Frame {
  readonly name: string
  readonly place: string
  readonly self: number
  readonly total: number
  readonly children: readonly Frame[]
}

const [width, rowHeight, top] = [1400, 18, 60]
/** What is narrower is not drawn: it could be neither read nor hit. */
const widthMin = 0.6
/** About what a character of a name takes. */
const characterWidth = 6.6
const outside = new Set(['(idle)', '(program)', '(root)', '(garbage collector)'])

/**
 * A flame graph as one SVG that needs nothing else: a bar for each function, as wide as the time in it and in what it
 * called, above its caller. Idle time is left out. The pointer on a bar shows the whole name, the place and the share.
 */
export function flameGraph(title: string, profile: CpuProfile): string {
  const root = treeOf(profile)
  const shown = root.children.filter(({ name }) => name !== '(idle)')
  const busyUs = shown.reduce((sum, { total }) => sum + total, 0)
  const whole = { ...root, name: 'busy', place: '', self: 0, total: busyUs, children: shown }
  const height = top + (depthOf(whole) + 1) * rowHeight + 20
  const idlePercent = root.total === 0 ? 0 : (1 - busyUs / root.total) * 100
  const about = `${(busyUs / 1e6).toFixed(2)} s busy, waiting for a core included; ${idlePercent.toFixed(0)} % of the time it was idle`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="10" y="24" font-size="17" font-family="sans-serif">${escaped(title)}</text>`,
    `<text x="10" y="44" font-family="sans-serif" fill="#444444">${about}</text>`,
    bars(whole, 0, height - 20 - rowHeight, width / busyUs, busyUs),
    '</svg>\n',
  ].join('\n')
}

/** The functions in which most time was spent themselves, wherever they were called from. */
export function heaviest(profile: CpuProfile, count: number): readonly { name: string; share: number }[] {
  const selfUs = new Map<string, number>()
  let busyUs = 0
  const add = ({ name, place, self, children }: Frame) => {
    if (name !== '(idle)') {
      busyUs += self
      const key = place === '' ? name : `${name} ${place}`
      selfUs.set(key, (selfUs.get(key) ?? 0) + self)
    }
    for (const child of children) add(child)
  }
  add(treeOf(profile))
  const sorted = [...selfUs].sort(([, one], [, other]) => other - one).slice(0, count)
  return sorted.map(([name, us]) => ({ name, share: us / busyUs }))
}

function treeOf({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const selfUs = new Map<number, number>()
  for (const [index, id] of samples.entries())
    selfUs.set(id, (selfUs.get(id) ?? 0) + Math.max(0, timeDeltas[index] ?? 0))
  const frameOf = (id: number): Frame => {
    const node = byId.get(id)
    const children = (node?.children ?? []).map(frameOf)
    const self = selfUs.get(id) ?? 0
    const { functionName = '', url = '', lineNumber = 0 } = node?.callFrame ?? {}
    return {
      name: functionName === '' ? '(anonymous)' : functionName,
      place: url === '' ? '' : `${url.split('/').at(-1)}:${lineNumber + 1}`,
      self,
      total: children.reduce((sum, child) => sum + child.total, self),
      children,
    }
  }
  return frameOf(nodes[0]?.id ?? 0)
}

function bars(frame: Frame, x: number, y: number, perUs: number, busyUs: number): string {
  const barWidth = frame.total * perUs
  if (barWidth < widthMin) return ''
  const percent = ((frame.total / busyUs) * 100).toFixed(2)
  const letters = Math.floor((barWidth - 4) / characterWidth)
  const name = frame.name.length <= letters ? frame.name : frame.name.slice(0, Math.max(0, letters - 1))
  const words = letters < 3 ? '' : `<text x="${(x + 3).toFixed(1)}" y="${y + 13}">${escaped(name)}</text>`
  let childX = x
  const above = [...frame.children]
    .sort((one, other) => other.total - one.total)
    .map(child => {
      const drawn = bars(child, childX, y - rowHeight, perUs, busyUs)
      childX += child.total * perUs
      return drawn
    })
  const about = `${frame.name} ${frame.place} ${percent} %, itself ${((frame.self / busyUs) * 100).toFixed(2)} %`
  return [
    `<g><title>${escaped(about)}</title>`,
    `<rect x="${x.toFixed(1)}" y="${y}" width="${barWidth.toFixed(1)}" height="${rowHeight - 1}" fill="${colorOf(frame)}"/>${words}</g>`,
    ...above.filter(drawn => drawn !== ''),
  ].join('\n')
}

/** Ours, Node's own, and what V8 does for itself. */
function colorOf({ name, place }: Frame): string {
  if (outside.has(name)) return '#c9c9c9'
  return /\.mjs:/.test(place) ? '#f2a65a' : '#8fb8de'
}

function depthOf({ children }: Frame): number {
  return children.reduce((deepest, child) => Math.max(deepest, depthOf(child) + 1), 0)
}
