/** A pipe that is full when a command begins to write, and is read only later: whatever ends before it was read loses what it has said. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { folder } from '../src/support/Folder.ts'

export interface Read {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** Whether the command waited for its reader. */
  readonly waited: boolean
}

const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN'

const fill = (fd: number): number => {
  const junk = Buffer.alloc(1024, '#')
  for (let bytes = 0; ; ) {
    try {
      bytes += writeSync(fd, junk)
    } catch (error) {
      if (isFull(error)) return bytes
      throw error
    }
  }
}

/**
 * Runs Node with stdout such a pipe.
 * @param began resolves when the command has written, as far as anybody can tell from its stderr or the time
 */
export const run = async (
  args: readonly string[],
  began: (stderr: () => string) => Promise<unknown>,
  env: NodeJS.ProcessEnv = {},
): Promise<Read> => {
  const file = join(folder(), 'pipe')
  execFileSync('mkfifo', [file])
  // Two descriptions of it: a process that is started sets its own one to blocking.
  const reading = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  const writing = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK)
  try {
    let left = fill(writing)
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', writing, 'pipe'],
    })
    closeSync(writing)
    let err = ''
    child.stderr?.on('data', (part: Buffer) => {
      err += part
    })
    const ended = once(child, 'close') as Promise<[number | null]>
    await Promise.race([began(() => err), ended])
    const waited = child.exitCode === null
    const [out, piece] = [[] as Buffer[], Buffer.alloc(16_384)]
    for (;;) {
      try {
        const bytes = readSync(reading, piece)
        if (bytes === 0) break
        const junk = Math.min(left, bytes)
        left -= junk
        out.push(Buffer.from(piece.subarray(junk, bytes)))
      } catch (error) {
        if (!isFull(error)) throw error
        await delay(1)
      }
    }
    const [code] = await ended
    return { code, out: Buffer.concat(out).toString(), err, waited }
  } finally {
    closeSync(reading)
  }
}
