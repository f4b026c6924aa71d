/**
 * Who somebody is, as far as an address says: what limits count by. One customer of an IPv6 network has 2^64 addresses, so those of one /64 are
 * one peer; an IPv4 address that came in over an IPv6 socket is itself.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** This machine's own addresses: all its programs share them, so they tell nobody apart. */
export const isLoopback = (address: string): boolean => /^(::1$|(::ffff:)?127\.)/.test(address)

/** The first four of an IPv6 address's eight groups. */
const prefixOf = (address: string): string => {
  const [front = '', back] = (address.split('%', 1)[0] as string).split('::', 2)
  const head = front === '' ? [] : front.split(':')
  if (back === undefined) return head.slice(0, 4).join(':')
  const tail = back === '' ? [] : back.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  return [...head, ...zeros, ...tail].slice(0, 4).join(':')
}

/** @example peerOf('2001:db8:1:2:3:4:5:6') // '2001:db8:1:2::/64' */
export const peerOf = (address: string): string => {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return mapped ?? `${prefixOf(address)}::/64`
}

/** Kept on the socket: it is asked for with every request. On a request where a trusted proxy has said whom it speaks for. */
const key = Symbol('peer')
const loopback = Symbol('loopback')
type Known = (Socket | IncomingMessage) & { [key]?: string; [loopback]?: boolean }

const socketOf = (from: Socket | IncomingMessage): Socket => ('socket' in from ? from.socket : from)

/** A trusted proxy says whose request it is. */
export const note = (request: IncomingMessage, address: string): void => {
  const known = request as Known
  known[key] = peerOf(address)
  known[loopback] = isLoopback(address)
}

/** A socket that is closed has forgotten where it came from; it counts as nobody's. */
export const of = (from: Socket | IncomingMessage): string => {
  const told = (from as Known)[key]
  if (told !== undefined) return told
  const known = socketOf(from) as Known
  known[key] ??= peerOf((known as Socket).remoteAddress ?? '')
  return known[key]
}

/** Whether limits by peer apply to it. */
export const isTold = (from: Socket | IncomingMessage): boolean =>
  !((from as Known)[loopback] ?? isLoopback(socketOf(from).remoteAddress ?? ''))
