/**
 * Who somebody is, as far as an address says: what limits count by. One customer of an IPv6 network has 2^64 addresses, so those of one /64 are
 * one peer; an IPv4 address that came in over an IPv6 socket is itself.
 */
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

/** Kept on the socket: it is asked for with every request. */
const key = Symbol('peer')
type Known = Socket & { [key]?: string }

/** A socket that is closed has forgotten where it came from; it counts as nobody's. */
export const of = (socket: Socket): string => {
  const known = socket as Known
  known[key] ??= peerOf(socket.remoteAddress ?? '')
  return known[key]
}

/** Whether limits by peer apply to it. */
export const isTold = (socket: Socket): boolean => !isLoopback(socket.remoteAddress ?? '')
