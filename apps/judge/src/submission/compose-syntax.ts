import { at, isFields, listAt, type Node } from './compose-file.ts'

/** Compose writes most things in two ways, short and long. Here both become one. */

export interface Mount {
  readonly source: string
  /** A path of the machine, not a volume of Docker's. */
  readonly isBind: boolean
  readonly isReadOnly: boolean
}

export function mountsOf(service: Node): readonly Mount[] {
  return listAt(service, 'volumes').map(entry => {
    if (isFields(entry)) {
      const source = String(at(entry, 'source') ?? '')
      return { source, isBind: at(entry, 'type') === 'bind', isReadOnly: at(entry, 'read_only') === true }
    }
    const [source = '', , mode = ''] = String(entry).split(':')
    return { source, isBind: /^[./~]/.test(source), isReadOnly: mode.split(',').includes('ro') }
  })
}

/** The networks of a service by their keys; in none that is named it is in `default`. */
export function networksOf(service: Node): readonly string[] {
  const networks = at(service, 'networks')
  if (isFields(networks)) return Object.keys(networks)
  const names = listAt(service, 'networks').map(String)
  return names.length > 0 ? names : ['default']
}

/** The ports that a service publishes to every address of the machine. */
export function publishedPortsOf(service: Node): readonly number[] {
  return listAt(service, 'ports').flatMap(entry => {
    const [, address, published] = isFields(entry)
      ? ['', String(at(entry, 'host_ip') ?? ''), String(at(entry, 'published') ?? '')]
      : (/^(?:(.*):)?(\d+):\d+(?:\/tcp)?$/.exec(String(entry)) ?? [])
    const isEverywhere = ['', '0.0.0.0', '[::]', '::'].includes(address ?? '')
    return isEverywhere && /^\d+$/.test(published ?? '') ? [Number(published)] : []
  })
}
