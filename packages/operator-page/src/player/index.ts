/**
 * The program of the page that plays a simulated run (`npm run simulate -- --html FILE`). The page brings the run as JSON; the
 * judge's run-player makes both. It holds one number, the event that is shown, and draws everything from that.
 */
type Kind = 'clients' | 'node' | 'coordinator' | 'processor' | 'world'
type Happening = readonly [
  atMs: number,
  from: number,
  to: number,
  text: number,
  payment: number,
  tone: string,
]

interface Story {
  readonly actors: readonly { readonly name: string; readonly kind: Kind }[]
  readonly texts: readonly string[]
  readonly happenings: readonly Happening[]
  readonly stands: readonly { readonly atMs: number; readonly lines: readonly string[] }[]
  readonly ids: readonly string[]
  readonly isViolated: boolean
  readonly stage: {
    readonly rowHeight: number
    readonly boxHeight: number
    readonly columns: Readonly<Record<Kind, { readonly x: number; readonly width: number }>>
  }
}

const element = <T extends Element = HTMLElement>(id: string) => document.getElementById(id) as unknown as T
const story = JSON.parse(element('story').textContent ?? '') as Story
const { boxHeight, rowHeight, columns } = story.stage
const [stage, log] = [element<SVGSVGElement>('stage'), element('log')]
const [slider, clock, playButton] = [element<HTMLInputElement>('at'), element('clock'), element('play')]
const [payment, speed] = [element<HTMLInputElement>('payment'), element<HTMLSelectElement>('speed')]
const logLineCount = 17

/** What is played: all events, or those of one payment. */
let shown: readonly Happening[] = story.happenings
let at = 0
let timer: number | undefined

const rowOf = (kind: Kind, index: number) =>
  story.actors.slice(0, index).filter(other => other.kind === kind).length
const rowCount = 1 + Math.max(...story.actors.map(({ kind }, index) => rowOf(kind, index)))
const places = story.actors.map(({ kind }, index) => ({
  ...columns[kind],
  y: 4 + (kind === 'world' ? rowCount : rowOf(kind, index)) * rowHeight,
}))

function svg(name: string, attributes: Readonly<Record<string, string | number>>, words = ''): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  made.textContent = words
  return made
}

function drawBox(index: number, isNow: boolean, lines: string): SVGElement {
  const { x, y, width } = places[index] ?? { x: 0, y: 0, width: 0 }
  const group = svg('g', { class: isNow ? 'now' : '' })
  group.append(svg('rect', { x, y, width, height: boxHeight, rx: 6 }))
  group.append(svg('text', { x: x + 8, y: y + 17 }, story.actors[index]?.name))
  for (const [row, line] of lines.split('\n').entries())
    group.append(svg('text', { class: 'line', x: x + 8, y: y + 31 + row * 13 }, line))
  return group
}

/** Events of one actor stand below its box, and also in the list of all events. */
function drawNow([, from, to, text, , tone]: Happening): readonly SVGElement[] {
  const [start, end] = [places[from], places[to]]
  if (start === undefined || end === undefined) return []
  const words = story.texts[text] ?? ''
  const isWorld = story.actors[from]?.kind === 'world'
  if (isWorld) return [svg('text', { class: 'said', x: start.x + start.width + 10, y: start.y + 29 }, words)]
  if (from === to) return [svg('text', { class: 'said', x: start.x, y: start.y + boxHeight + 14 }, words)]
  const direction = end.x > start.x ? 1 : -1
  const x1 = direction > 0 ? start.x + start.width : start.x
  const tip = direction > 0 ? end.x : end.x + end.width
  const x2 = tip - direction * 9
  const [y1, y2] = [start.y + boxHeight / 2, end.y + boxHeight / 2]
  return [
    svg('line', { class: `arrow ${tone}`, x1, y1, x2, y2 }),
    svg('path', { class: `head ${tone}`, d: `M${tip} ${y2}L${x2} ${y2 - 5}L${x2} ${y2 + 5}Z` }),
    svg('text', { class: 'said', x: (x1 + tip) / 2, y: (y1 + y2) / 2 - 9, 'text-anchor': 'middle' }, words),
  ]
}

/** The last look at the cluster before a time. */
function linesAt(ms: number): readonly string[] {
  let [low, high] = [0, story.stands.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((story.stands[middle]?.atMs ?? 0) <= ms) low = middle + 1
    else high = middle
  }
  return story.stands[Math.max(0, low - 1)]?.lines ?? []
}

function logLine(happening: Happening, isHere: boolean): HTMLElement {
  const [atMs, from, to, text, number, tone] = happening
  const line = document.createElement('li')
  const name = (index: number) => story.actors[index]?.name ?? ''
  const who = from === to ? name(from) : `${name(from)} → ${name(to)}`
  line.textContent = `${(atMs / 1000).toFixed(4)} s  ${who}: ${story.texts[text]}${number < 0 ? '' : `  (payment ${number})`}`
  line.className = `${tone}${isHere ? ' here' : ''}`
  if (isHere) line.setAttribute('aria-current', 'step')
  return line
}

function show(index: number): void {
  at = Math.max(0, Math.min(shown.length - 1, index))
  slider.max = String(Math.max(0, shown.length - 1))
  slider.value = String(at)
  const now = shown[at]
  const lines = linesAt(now?.[0] ?? 0)
  stage.replaceChildren(
    ...story.actors.map((_, actor) =>
      drawBox(actor, now?.[1] === actor || now?.[2] === actor, lines[actor] ?? ''),
    ),
    ...(now === undefined ? [] : drawNow(now)),
  )
  const number = now?.[4] ?? -1
  const told = number < 0 ? '' : `, payment ${number} ${story.ids[number] ?? ''}`
  clock.textContent =
    now === undefined
      ? 'nothing of this payment'
      : `${at + 1} of ${shown.length}, ${(now[0] / 1000).toFixed(4)} s${told}`
  const first = Math.max(0, Math.min(at - 8, shown.length - logLineCount))
  log.replaceChildren(
    ...shown.slice(first, first + logLineCount).map((each, offset) => logLine(each, first + offset === at)),
  )
}

function pause(): void {
  clearInterval(timer)
  timer = undefined
  playButton.textContent = 'play'
}

function play(): void {
  pause()
  playButton.textContent = 'pause'
  timer = window.setInterval(() => {
    if (at >= shown.length - 1) pause()
    else show(at + 1)
  }, 1000 / Number(speed.value))
}

const toggle = () => (timer === undefined ? play() : pause())

/**
 * Filters by a payment's number, or by the beginning of its id. The shown event stays if it is the payment's; otherwise the
 * payment's next event is shown.
 */
function filter(): void {
  const words = payment.value.trim().toLowerCase()
  const number = /^\d{1,7}$/.test(words) ? Number(words) : story.ids.findIndex(id => id.startsWith(words))
  const nowMs = shown[at]?.[0] ?? 0
  shown = words === '' ? story.happenings : story.happenings.filter(each => each[4] === number)
  show(
    Math.max(
      0,
      shown.findIndex(each => each[0] >= nowMs),
    ),
  )
}

/** The violation is the last event. */
function jump(): void {
  payment.value = ''
  shown = story.happenings
  pause()
  show(shown.length - 1)
}

const keys: Readonly<Record<string, () => void>> = {
  ' ': toggle,
  ArrowLeft: () => show(at - 1),
  ArrowRight: () => show(at + 1),
  Home: () => show(0),
  End: () => show(shown.length - 1),
  v: () => story.isViolated && jump(),
  '/': () => payment.focus(),
}

document.addEventListener('keydown', event => {
  const { target } = event
  const isTyping = target === payment || target instanceof HTMLSelectElement
  const isOwn = target instanceof HTMLButtonElement && event.key === ' '
  const act = keys[event.key]
  if (
    act === undefined ||
    isTyping ||
    isOwn ||
    target === slider ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey
  )
    return
  event.preventDefault()
  act()
})
playButton.addEventListener('click', toggle)
element('step').addEventListener('click', () => show(at + 1))
element('back').addEventListener('click', () => show(at - 1))
document.getElementById('jump')?.addEventListener('click', jump)
slider.addEventListener('input', () => show(Number(slider.value)))
speed.addEventListener('change', () => timer !== undefined && play())
payment.addEventListener('input', filter)
show(0)
