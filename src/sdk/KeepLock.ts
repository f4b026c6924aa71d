/**
 * Who holds a keep file: a socket with a name made from the file's path. The system lets go of it when the process is gone, however it
 * ends; Node has no file locks of its own, and SQLite's need a newer Node than the SDK does.
 *
 * On Linux and Windows such names are no files. Elsewhere the socket lies among the temporary files, and one that nobody answers on is
 * left over from a process that was killed.
 */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const nameOf = (path: string): string => {
  const name = `sunledger-${createHash('sha256').update(resolve(path)).digest('hex').slice(0, 32)}`
  if (process.platform === 'linux') return `\0${name}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
}

const listen = (name: string): Promise<Server | undefined> =>
  new Promise((found, fail) => {
    const server = createServer((socket) => void socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? found(undefined) : fail(error),
    )
    // It must not keep the process alive.
    server.listen(name, () => found(server.unref()))
  })

const isAnswered = (name: string): Promise<boolean> =>
  new Promise((found) => {
    const socket = connect(name)
    socket.once('connect', () => {
      socket.destroy()
      found(true)
    })
    socket.once('error', () => found(false))
  })

/** Takes the lock of a file; what lets go of it, or undefined: somebody else has it. */
export const take = async (path: string): Promise<(() => Promise<void>) | undefined> => {
  const name = nameOf(path)
  let server = await listen(name)
  if (server === undefined && name.endsWith('.sock') && !(await isAnswered(name))) {
    await rm(name, { force: true })
    server = await listen(name)
  }
  if (server === undefined) return undefined
  const held = server
  return () => new Promise((done) => void held.close(() => done()))
}
