/**
 * Makes an open journal's disk fail under it: its file handles are put on other things, so that the system itself answers as it would for a
 * full or broken disk. Only for journals of this process, on Linux.
 */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import * as Embedded from '../../../src/store/Embedded.ts'

/** This process's handles of a folder's log: those that write, and those that read. */
const handlesOf = (folder: string, writes: boolean): number[] =>
  readdirSync('/proc/self/fd')
    .map(Number)
    .filter((handle) => {
      try {
        if (readlinkSync(`/proc/self/fd/${handle}`) !== Embedded.fileIn(folder)) return false
        const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${handle}`, 'utf8'))?.[1] ?? '0'
        return (Number.parseInt(flags, 8) & 3) > 0 === writes
      } catch {
        return false
      }
    })

/** The system gives the lowest free number: the one that was just closed, unless a lower one is free. */
const replace = (handle: number, path: string, flags: string): void => {
  closeSync(handle)
  const others: number[] = []
  for (let opened = openSync(path, flags); opened !== handle; opened = openSync(path, flags)) others.push(opened)
  for (const other of others) closeSync(other)
}

const broken = new Map<string, number[]>()

/** Every write fails from now on: no space is left. What was written can still be read. */
export const breakWrites = (folder: string): void => {
  const handles = handlesOf(folder, true)
  broken.set(folder, handles)
  for (const handle of handles) replace(handle, '/dev/full', 'r+')
}

/** Takes away what was written as well. */
export const breakReads = (folder: string): void => {
  for (const handle of handlesOf(folder, false)) replace(handle, folder, 'r')
}

const isFull = (handle: number): boolean => {
  try {
    return readlinkSync(`/proc/self/fd/${handle}`) === '/dev/full'
  } catch {
    return false
  }
}

/** The disk takes writes again; a journal that has been closed meanwhile needs no mending. */
export const mend = (folder: string): void => {
  for (const handle of broken.get(folder) ?? []) if (isFull(handle)) replace(handle, Embedded.fileIn(folder), 'r+')
}
