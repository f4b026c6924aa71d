/** Answers that processes keep for each other: a file each, in place as a whole or not at all. The oldest are forgotten. */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TillStoreError } from './TillLog.ts'
import { hashOf, isAbsent } from './TillOwners.ts'

export class TillAnswers {
  readonly #folder: string
  readonly #most: number
  readonly #owner: string
  #sinceTidied = 0

  constructor(folder: string, most: number, owner: string) {
    this.#folder = folder
    this.#most = most
    this.#owner = owner
  }

  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
  }

  async keep(purchase: string, answer: Uint8Array): Promise<void> {
    const place = path.join(this.#folder, hashOf(purchase))
    const beside = `${place}.${this.#owner}`
    await writeFile(beside, answer, { mode: 0o600, flush: true })
    await rename(beside, place)
    if (++this.#sinceTidied < this.#most / 4) return
    this.#sinceTidied = 0
    await this.#tidy()
  }

  async kept(purchase: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(path.join(this.#folder, hashOf(purchase)))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw new TillStoreError((error as Error).message, error)
    }
  }

  async #tidy(): Promise<void> {
    const names = await readdir(this.#folder)
    if (names.length <= this.#most) return
    const aged = await Promise.all(
      names.map(async (name) => {
        const mtimeMs = await stat(path.join(this.#folder, name)).then(
          (found) => found.mtimeMs,
          () => 0,
        )
        return [name, mtimeMs] as const
      }),
    )
    const oldest = aged.sort(([, a], [, b]) => a - b).slice(0, names.length - this.#most)
    await Promise.all(oldest.map(([name]) => rm(path.join(this.#folder, name), { force: true })))
  }
}
