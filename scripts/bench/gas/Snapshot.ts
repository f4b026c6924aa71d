/**
 * The gas that was measured when it last changed on purpose. It is committed; a test measures again and fails where an operation has moved by
 * more than a hundredth without it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import * as Operations from './Operations.ts'

export const file = new URL('../../../test/fixtures/gas.json', import.meta.url)

export type Snapshot = { readonly [operation: string]: number }

export const from = (operations: readonly Operations.Operation[]): Snapshot =>
  Object.fromEntries(operations.map((operation) => [operation.name, Operations.gasOf(operation)]))

export const read = (): Snapshot => JSON.parse(readFileSync(file, 'utf8')) as Snapshot

export const write = (snapshot: Snapshot): void => writeFileSync(file, `${JSON.stringify(snapshot, null, 2)}\n`)

/** A hundredth. */
const tolerance = 0.01

/** Operations that moved, appeared or went, each in words; none where the snapshot still holds. */
export const differences = (committed: Snapshot, measured: Snapshot): string[] =>
  [...new Set([...Object.keys(committed), ...Object.keys(measured)])].flatMap((name) => {
    const [before, now] = [committed[name], measured[name]]
    if (before === undefined) return [`${name} is new: ${now}`]
    if (now === undefined) return [`${name} is gone; it was ${before}`]
    return Math.abs(now - before) <= tolerance * before ? [] : [`${name} was ${before} and is ${now}`]
  })
