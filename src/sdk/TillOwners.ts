/**
 * Which of the processes that share a till are alive: each has a file that it touches while it runs. Whether one has died is a guess, and
 * may be wrong; the log's fence makes a wrong one harmless.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40)

/** Where a process number means the same process. */
const machine = (): string => {
  try {
    return hashOf(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8') + readlinkSync('/proc/self/ns/pid'))
  } catch {
    return hashOf(hostname())
  }
}

const here = machine().slice(0, 16)

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

export const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'

export class TillOwners {
  /** This process, as the owner of claims. */
  readonly own = `${here}.${process.pid}.${randomBytes(8).toString('hex')}`
  readonly #folder: string
  readonly #staleMs: number
  #beat: NodeJS.Timeout | undefined

  /** @param staleMs a process that has given no sign for so long has died */
  constructor(folder: string, staleMs: number) {
    this.#folder = folder
    this.#staleMs = staleMs
  }

  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await this.#touch()
    this.#beat = setInterval(() => void this.#touch().catch(() => {}), Math.max(100, this.#staleMs / 6)).unref()
  }

  stop(): void {
    clearInterval(this.#beat)
  }

  async isDead(owner: string): Promise<boolean> {
    if (owner === this.own) return false
    const [where, pid] = owner.split('.')
    if (where === here && !isRunning(Number(pid))) return true
    try {
      // Both times are the file system's, so clocks do not matter.
      await this.#touch()
      const [own, other] = await Promise.all([stat(this.#sign(this.own)), stat(this.#sign(owner))])
      return own.mtimeMs - other.mtimeMs > this.#staleMs
    } catch (error) {
      return isAbsent(error)
    }
  }

  /** Forgets processes that have died and hold no claim. */
  async tidy(holding: ReadonlySet<string>): Promise<void> {
    for (const owner of await readdir(this.#folder))
      if (!holding.has(owner) && (await this.isDead(owner))) await rm(this.#sign(owner), { force: true })
  }

  #touch(): Promise<void> {
    return writeFile(this.#sign(this.own), '.', { mode: 0o600 })
  }

  #sign(owner: string): string {
    return path.join(this.#folder, owner)
  }
}
