import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Where requests may read from without a token; see ADMIN_READ_NETWORKS. */
export type ReadNetworks = readonly string[]

/** Reads `loopback`, `own` and addresses with a prefix (`10.1.0.0/16`), with commas between. */
export function parseReadNetworks(text: string): ReadNetworks | undefined {
  const words = text.split(',').map(word => word.trim())
  if (words.length === 1 && words[0] === '') return []
  return words.every(isNetwork) ? words : undefined
}

function isNetwork(word: string): boolean {
  const [address = '', prefix = '', ...more] = word.split('/')
  const bits = { 4: 32, 6: 128 }[isIP(address)]
  if (bits === undefined) return word === 'loopback' || word === 'own'
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && more.length === 0
}

/** Whether a peer is in one of the networks. `own` is that of the address of ours at which it has come in. */
export function networkCheck(networks: ReadNetworks): (peer: string, local: string) => boolean {
  const known = new BlockList()
  for (const word of networks) {
    if (word === 'loopback') addLoopback(known)
    else if (word !== 'own') addNetwork(known, word)
  }
  const ours = new Map(
    Object.values(networkInterfaces())
      .flatMap(addresses => addresses ?? [])
      .map(({ address, cidr }) => {
        const network = new BlockList()
        if (cidr !== null) addNetwork(network, cidr)
        return [address, network]
      }),
  )
  const has = (network: BlockList | undefined, address: string) =>
    network?.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') === true
  return (peer, local) => {
    const from = plainAddress(peer)
    if (isIP(from) === 0) return false
    return has(known, from) || (networks.includes('own') && has(ours.get(plainAddress(local)), from))
  }
}

function addLoopback(network: BlockList): void {
  network.addSubnet('127.0.0.0', 8, 'ipv4')
  network.addAddress('::1', 'ipv6')
}

function addNetwork(network: BlockList, cidr: string): void {
  const [address = '', prefix] = cidr.split('/')
  network.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** An IPv4 address that came over an IPv6 socket, as such. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '')
}
