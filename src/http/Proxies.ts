/**
 * Proxies that are trusted to say whom they speak for. Without them every client behind a proxy would share the proxy's bounds, and with any
 * proxy trusted everybody could name another address with each request: so the operator names them, and nobody else's word counts.
 */
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, type Socket } from 'node:net'
import * as Peer from './Peer.ts'

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** An address, or a network of them as `10.0.0.0/8`; undefined: neither. */
export const parse = (text: string): readonly [address: string, bits: number] | undefined => {
  const [, address = '', given] = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const version = isIP(address)
  const most = version === 6 ? 128 : 32
  const bits = given === undefined ? most : Number(given)
  return version === 0 || bits > most ? undefined : [address, bits]
}

export interface Proxies {
  has(socket: Socket): boolean
  /** Notes who is behind the proxies that a request came through: the last address that no trusted proxy has. */
  recognise(request: IncomingMessage): void
}

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

export const create = (trusted: readonly string[]): Proxies => {
  const list = new BlockList()
  for (const [address, bits] of trusted.flatMap((text) => [parse(text)].filter((found) => found !== undefined)))
    list.addSubnet(address, bits, familyOf(address))
  const isTrusted = (address: string): boolean =>
    trusted.length > 0 && isIP(plain(address)) !== 0 && list.check(plain(address), familyOf(plain(address)))

  const has = (socket: Socket): boolean => isTrusted(socket.remoteAddress ?? '')

  return {
    has,
    recognise(request) {
      if (trusted.length === 0 || !has(request.socket)) return
      const named = String(request.headers['x-forwarded-for'] ?? '').split(',')
      // From the nearest on: what stands before the first stranger is the stranger's own word.
      for (const each of named.reverse()) {
        const address = plain(
          each
            .trim()
            .replace(/^\[(.*)\](:\d+)?$/, '$1')
            .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1'),
        )
        if (isIP(address) === 0) return
        Peer.note(request, address)
        if (!isTrusted(address)) return
      }
    },
  }
}
