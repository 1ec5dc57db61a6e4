const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}

interface LogLine {
  readonly time: number
  readonly level: number
  readonly msg?: string
  readonly err?: { readonly stack?: string }
  readonly [field: string]: unknown
}

/**
 * A line of a process's log as a person reads it on a terminal: clock time, level, message, and the other fields; an error's stack
 * below. Another line stays as it is. Nothing in a line can move the cursor.
 */
export function readableLine(line: string): string {
  const log = parsed(line)
  if (log === undefined) return plain(line)
  const { time, level, msg = '', name: _name, pid: _pid, hostname: _hostname, err, ...rest } = log
  const fields = Object.entries(rest).map(([field, value]) => `${field}=${JSON.stringify(value)}`)
  const head = [new Date(time).toTimeString().slice(0, 8), levels[level] ?? level, msg, ...fields].join(' ')
  const stack = (err?.stack ?? '').split('\n').filter(text => text !== '')
  return [plain(head), ...stack.map(text => `    ${plain(text)}`)].join('\n')
}

function parsed(line: string): LogLine | undefined {
  try {
    const log = JSON.parse(line) as Partial<LogLine> | null
    return typeof log?.time === 'number' && typeof log.level === 'number' ? (log as LogLine) : undefined
  } catch {
    return undefined
  }
}

function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}
