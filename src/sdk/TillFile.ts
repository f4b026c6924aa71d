/**
 * A shared till in a folder, for the processes of one machine: each appends its lines to one log and reads what the others appended. An
 * append goes to the file's end as a whole, so the order of the lines is the same for all, and whoever reads its claim back as the first
 * one has it. A process may be killed at any moment: a claim is on disk before its answer begins, and what was not acknowledged is torn off
 * or free to be taken over. Folders that machines share over a network do not append as a whole; they need another store.
 *
 * A log that has grown is continued in the next one, which begins with the state.
 */
import { type FileHandle, link, open as openFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Range } from './Ranges.ts'
import { TillAnswers } from './TillAnswers.ts'
import { type Entry, format, parse, rangeText, TillState, TillStoreError } from './TillLog.ts'
import { hashOf, TillOwners } from './TillOwners.ts'
import type { Claim, SharedTill, Taken, TillStore } from './TillStore.ts'

export interface TillFileOptions {
  /** A log of this size is continued in the next; default 4 MiB. */
  readonly logBytes?: number | undefined
  /** Answers that are kept; default 10 000. */
  readonly mostAnswers?: number | undefined
  /** A process that has given no sign for so long has died; default 60 000. Wrongly thought dead, it loses its claims and serves nothing twice. */
  readonly staleMs?: number | undefined
}

type Line = {
  readonly token: string
  readonly entry: Entry
  readonly resolve: (counts: boolean) => void
  readonly reject: (error: unknown) => void
}

class Folder implements SharedTill {
  readonly #path: string
  readonly #logBytes: number
  readonly #owners: TillOwners
  readonly #answers: TillAnswers
  readonly #owner: string
  #state = new TillState()
  #generation = 0
  #log: FileHandle | undefined
  #at = 0
  #rest = ''
  #tokens = 0
  #waiting: Line[] = []
  #turn: Promise<unknown> = Promise.resolve()
  /** Own lines whose outcome is awaited. */
  readonly #awaited = new Map<string, Line>()

  constructor(folder: string, options: TillFileOptions) {
    this.#path = folder
    const { logBytes = 4 << 20, mostAnswers = 10_000, staleMs = 60_000 } = options
    this.#logBytes = logBytes
    this.#owners = new TillOwners(path.join(folder, 'owners'), staleMs)
    this.#owner = this.#owners.own
    this.#answers = new TillAnswers(path.join(folder, 'answers'), mostAnswers, this.#owner)
  }

  async start(before: readonly Range[]): Promise<void> {
    await this.#owners.start()
    await this.#answers.start()
    const first = new TillState()
    for (const range of before) first.ranges.add(range)
    if ((await this.#newest()) === 0) await this.#make(1, first)
    await this.#inTurn(() => this.#read())
    // Zeros are no beginning of a line: pages are lost.
    if (this.#rest.includes('\0')) throw new TillStoreError(`zeros in ${this.#file(this.#generation)}`)
    await this.#owners.tidy(new Set([...this.#state.open.values()].map(({ owner }) => owner)))
  }

  async find({ purchase, range }: Claim): Promise<Taken | undefined> {
    await this.#inTurn(() => this.#read())
    const found = this.#state.find(hashOf(purchase), range)
    if (found === undefined) return undefined
    if (found === 'charged') return { state: 'charged' }
    return (await this.#owners.isDead(found.owner)) ? undefined : { state: found.state }
  }

  async take(claim: Claim): Promise<Taken | undefined> {
    const purchase = hashOf(claim.purchase)
    for (let attempt = 0; attempt < 10; attempt++) {
      if (await this.#append((token) => ['take', token, this.#owner, purchase, rangeText(claim.range)]))
        return undefined
      const found = this.#state.find(purchase, claim.range)
      if (found === 'charged') return { state: 'charged' }
      if (found === undefined) continue
      if (!(await this.#owners.isDead(found.owner))) return { state: found.state }
      if (await this.#append((token) => ['takeOver', token, this.#owner, purchase, found.owner]))
        return found.state === 'begun' ? { state: 'begun', isTakenOver: true } : undefined
    }
    return { state: 'serving' }
  }

  begin({ purchase }: Claim, isWhole: boolean): Promise<boolean> {
    return this.#append((token) => ['begin', token, this.#owner, hashOf(purchase), isWhole])
  }

  async end({ purchase }: Claim): Promise<void> {
    await this.#append((token) => ['end', token, this.#owner, hashOf(purchase)])
  }

  async release({ purchase }: Claim): Promise<void> {
    await this.#append((token) => ['release', token, this.#owner, hashOf(purchase)])
  }

  keep(purchase: string, answer: Uint8Array): Promise<void> {
    return this.#answers.keep(purchase, answer)
  }

  kept(purchase: string): Promise<Uint8Array | undefined> {
    return this.#answers.kept(purchase)
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#owners.stop()
      await this.#log?.close()
    })
  }

  /** Appends a line, reads up to it, and says whether it counts. Lines that wait are written together. */
  #append(line: (token: string) => Entry): Promise<boolean> {
    const token = `${this.#owner}.${++this.#tokens}`
    return new Promise<boolean>((resolve, reject) => {
      this.#waiting.push({ token, entry: line(token), resolve, reject })
      if (this.#waiting.length === 1) this.#inTurn(() => this.#flush()).catch(() => {})
    })
  }

  async #flush(): Promise<void> {
    let batch = this.#waiting
    this.#waiting = []
    try {
      while (batch.length > 0) {
        for (const one of batch) this.#awaited.set(one.token, one)
        const log = this.#log as FileHandle
        const bytes = Buffer.from(batch.map(({ entry }) => format(entry)).join(''))
        const { bytesWritten } = await log.write(bytes)
        if (bytesWritten !== bytes.length) throw new TillStoreError('the disk is full')
        await log.datasync()
        await this.#read()
        // What came after the log's end is said again in the next one.
        batch = batch.filter(({ token }) => this.#awaited.has(token))
      }
      if (this.#at > this.#logBytes) {
        await (this.#log as FileHandle).write(Buffer.from(format(['next', `${this.#owner}.${++this.#tokens}`])))
        await this.#read()
      }
    } catch (error) {
      for (const { token, reject } of batch) {
        this.#awaited.delete(token)
        reject(error instanceof TillStoreError ? error : new TillStoreError((error as Error).message, error))
      }
    }
  }

  /** Reads what has been appended, by whomever; goes on in the next log where this one has ended. */
  async #read(): Promise<void> {
    try {
      this.#log ??= await this.#enter((await this.#newest()) || 1)
      for (;;) {
        const { bytesRead, buffer } = await this.#log.read(Buffer.alloc(1 << 16), 0, 1 << 16, this.#at)
        if (bytesRead === 0) return
        this.#at += bytesRead
        const lines = (this.#rest + buffer.toString('latin1', 0, bytesRead)).split('\n')
        this.#rest = lines.pop() as string
        for (const line of lines) this.#apply(line)
        if (this.#state.isOver) {
          await this.#make(this.#generation + 1, this.#state)
          this.#log = await this.#enter(this.#generation + 1)
        }
      }
    } catch (error) {
      throw error instanceof TillStoreError ? error : new TillStoreError((error as Error).message, error)
    }
  }

  #apply(line: string): void {
    const entry = parse(line, this.#file(this.#generation))
    if (entry === undefined || this.#state.isOver) return
    const counts = this.#state.apply(entry)
    const token = entry[0] === 'snapshot' ? '' : entry[1]
    this.#awaited.get(token)?.resolve(counts)
    this.#awaited.delete(token)
  }

  #file(generation: number): string {
    return path.join(this.#path, `till-${generation}.log`)
  }

  async #newest(): Promise<number> {
    const numbers = (await readdir(this.#path)).map((name) => Number(/^till-(\d+)\.log$/.exec(name)?.[1] ?? 0))
    return Math.max(0, ...numbers)
  }

  /** Makes a log that begins with a state. All who make it make the same one, and the first counts. */
  async #make(generation: number, state: TillState): Promise<void> {
    const beside = path.join(this.#path, `making.${this.#owner}`)
    await writeFile(beside, format(state.snapshot()), { mode: 0o600, flush: true })
    try {
      await link(beside, this.#file(generation))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      await rm(beside, { force: true })
    }
  }

  /** Of a log that all have left there remains that there is a next: its name stays taken. */
  async #shorten(generation: number): Promise<void> {
    const beside = path.join(this.#path, `short.${this.#owner}`)
    await writeFile(beside, format(['next', this.#owner]), { mode: 0o600 })
    await rename(beside, this.#file(generation))
  }

  async #enter(generation: number): Promise<FileHandle> {
    const log = await openFile(this.#file(generation), 'a+')
    await this.#log?.close().catch(() => {})
    this.#state = new TillState()
    this.#generation = generation
    this.#at = 0
    this.#rest = ''
    if (generation > 2) await this.#shorten(generation - 2)
    return log
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run)
    this.#turn = turn.catch(() => {})
    return turn
  }
}

/**
 * A store in a folder, which the processes of one machine share.
 * @example paywall({ price, payTo, clearing, instances: 'many', store: TillFile.open('/var/lib/shop/till') })
 */
export const open = (folder: string, options: TillFileOptions = {}): TillStore => {
  const tills = new Map<string, Promise<SharedTill>>()
  return {
    open(scope, before) {
      const known = tills.get(scope)
      if (known !== undefined) return known
      const till = (async () => {
        const made = new Folder(path.resolve(folder, hashOf(scope)), options)
        try {
          await made.start(before)
        } catch (error) {
          await made.close().catch(() => {})
          throw error instanceof TillStoreError ? error : new TillStoreError((error as Error).message, error)
        }
        return made
      })()
      tills.set(scope, till)
      till.catch(() => tills.delete(scope))
      return till
    },
  }
}
