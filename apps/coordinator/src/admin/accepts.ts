/** Whether a header Accept takes one of these media types (RFC 9110, 12.5.1). None is as good as every one. */
export function accepts(accept: string | undefined, types: readonly string[]): boolean {
  if (accept === undefined || accept.trim() === '') return true
  const ranges = accept.split(',').map(range => {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    return { type, isRefused: parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter)) }
  })
  return types.some(type => {
    // The most specific range of the header decides.
    const [group] = type.split('/')
    const range = [type, `${group}/*`, '*/*']
      .map(wanted => ranges.find(range => range.type === wanted))
      .find(range => range !== undefined)
    return range !== undefined && !range.isRefused
  })
}
