/**
 * The index of a journal: which positions a payment, a purchase or an account is found at. The newest records are in memory (`Recent`); every
 * 65 536 records they become a run on disk (`Run`), and four neighbouring runs of one size become one. Whatever it says is checked against
 * the log by whoever asked. Where a run is damaged, what it should say is not known: that question fails, and the run is made again.
 */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as Frame from './Frame.ts'
import { JournalDamagedError, JournalForeignError, JournalReadError } from './Journal.ts'
import type { Remade } from './KeeperThread.ts'
import * as Keys from './Keys.ts'
import * as Marks from './Marks.ts'
import * as Recent from './Recent.ts'
import * as Run from './Run.ts'

export interface Index {
  readonly marks: Marks.Marks
  /** Takes a frame in. */
  add(frame: Frame.Frame, offset: number): void
  /** Positions that may be meant, in order. */
  find(key: Keys.Key, from?: number): Generator<number>
  /** The same for a purchase: mostly says at once that there is none. */
  purchases(key: Keys.Key): readonly number[]
  /** Position and log offset up to which runs reach. */
  readonly covered: { readonly position: number; readonly offset: number }
  /** Removes what was left half made or cannot be used: it has been made again from the log. */
  tidy(): void
  close(): void
}

/** Makes a run, or one of several, outside of this thread. Resolves with its path; undefined where it could not. */
export interface Maker {
  make(source: Run.Source): Promise<string | undefined>
  join(paths: readonly string[]): Promise<string | undefined>
  remake(run: Remade): Promise<string | undefined>
  /** Told of damage, and of what was made again. */
  warn(what: string): void
}

/** Whose index it is. */
export interface Journal {
  readonly folder: string
  readonly id: string
  readonly seed: Keys.Seed
  /** Where in the log the first frame begins, and how long the log is now. */
  readonly start: number
  bytes(): number
}

/** Records of a fresh run; a run of four of them is of the next size, up to what places can number. */
export const recordsARun = 1 << 16
const joinedAtOnce = 4

const records = ({ first, last }: { first: number; last: number }): number => last - first + 1

/** Files that are made and replaced here; nothing else of the folder is touched. */
const pattern = /^index-(\d+)-(\d+)\.run(\.new)?$/

/**
 * The runs of a folder that follow one another from position 1, and the files that were left half made or cannot be used.
 * @throws {JournalDamagedError} one reaches beyond the log @throws {JournalForeignError} one is of another journal
 */
const load = ({ folder, id, bytes }: Journal, maker: Maker | undefined) => {
  const names = readdirSync(folder).filter((name) => pattern.test(name))
  const found = names.flatMap((name) => {
    const [, first, last, isNew] = pattern.exec(name) as RegExpExecArray
    return isNew === undefined ? [{ name, first: Number(first), last: Number(last) }] : []
  })
  // Where a joined run and its parts are both there, the longer one comes first.
  found.sort((a, b) => a.first - b.first || b.last - a.last)
  const runs: Run.Run[] = []
  const used = new Set<string>()
  try {
    for (const { name, first } of found) {
      if (first !== (runs.at(-1)?.last ?? 0) + 1) continue
      const path = join(folder, name)
      const run = Run.open(path)
      if (run === undefined) {
        maker?.warn(`the index is damaged and is made again from the log: ${path}`)
        continue
      }
      runs.push(run)
      used.add(name)
      if (run.id !== id) throw new JournalForeignError(`an index of journal ${id}`, `${path} of journal ${run.id}`)
      const has = bytes()
      if (run.end > has)
        throw new JournalDamagedError(`a log of ${run.end} bytes, to position ${run.last} (${path})`, `${has} bytes`)
    }
  } catch (error) {
    for (const run of runs) run.close()
    throw error
  }
  return { runs, unused: names.filter((name) => !used.has(name)) }
}

/** @param maker undefined: nothing is written (a reader) */
export const open = (journal: Journal, maker: Maker | undefined): Index => {
  const { seed } = journal
  const { runs, unused } = load(journal, maker)
  const marks = Marks.create(journal.start)
  for (const run of runs) marks.add(run.marks)
  const covered = { position: runs.at(-1)?.last ?? 0, offset: runs.at(-1)?.end ?? journal.start }
  /** The last one grows; those before it wait to be written. */
  const recents = [Recent.create(covered.position + 1)]
  const keys = new Uint32Array(2 * Keys.mostOfPayment)
  let isOpen = true
  let isWriting = false
  /** Where in the log each table but the first begins. */
  const ends = new Map<number, number>()

  /** Opens a run in place of what it was made from. */
  const take = (path: string, instead: readonly Run.Run[]): boolean => {
    const run = isOpen ? Run.open(path) : undefined
    if (run === undefined) return false
    const place = instead.length === 0 ? runs.length : runs.indexOf(instead[0] as Run.Run)
    runs.splice(place, instead.length, run)
    for (const old of instead) {
      old.close()
      // One that was made again has its name.
      if (old.path !== path) rmSync(old.path, { force: true })
    }
    return true
  }

  /** The last runs, where enough of one size stand side by side. */
  const joinable = (): readonly Run.Run[] => {
    const last = runs.slice(-joinedAtOnce)
    const sizes = last.map((run) => Math.floor(Math.log2(records(run)) / 2))
    const sum = last.reduce((total, run) => total + records(run), 0)
    const fits = last.length === joinedAtOnce && sum <= Keys.mostPlaces && sizes.every((size) => size === sizes[0])
    return fits ? last : []
  }

  const sourceOf = (recent: Recent.Recent, next: Recent.Recent): Run.Source => {
    const last = next.first - 1
    const end = ends.get(next.first) as number
    return { first: recent.first, last, end, marks: marks.between(recent.first, last), words: recent.words() }
  }

  /** Writes what waits, oldest first. What fails, for want of space for example, is tried again when the next is due. */
  const write = async ({ make, join: unite }: Maker): Promise<void> => {
    for (;;) {
      const [recent, next] = recents
      if (recent === undefined || next === undefined || !isOpen) return
      const path = await make(sourceOf(recent, next))
      if (path === undefined || !take(path, [])) return
      recents.shift()
      ends.delete(next.first)
      for (let parts = joinable(); parts.length > 0; parts = joinable()) {
        const whole = await unite(parts.map((run) => run.path))
        if (whole === undefined || !take(whole, parts)) break
      }
    }
  }

  const mending = new Set<Run.Run>()

  /** Makes a run again that could not be read. Until then whoever needs what is damaged is told so. */
  const mend = async (run: Run.Run, reason: unknown): Promise<void> => {
    if (maker === undefined || mending.has(run)) return
    mending.add(run)
    maker.warn(`the index is made again from the log: ${reason instanceof JournalReadError ? reason.actual : reason}`)
    const { first, last, end, marks: own } = run
    const path = await maker.remake({ seed, first, last, end, marks: own, from: marks.before(first) })
    if (path !== undefined && runs.includes(run) && take(path, [run])) maker.warn(`the index was made again: ${path}`)
    mending.delete(run)
  }

  /** What a run says, or that it cannot. */
  const ask = function* (run: Run.Run, key: Keys.Key, from?: number): Generator<number> {
    try {
      yield* run.find(key, from)
    } catch (error) {
      void mend(run, error)
      throw error
    }
  }

  /** The newest entries are enough for a run. */
  const turnOver = (first: number, offset: number): void => {
    recents.push(Recent.create(first))
    ends.set(first, offset)
    if (maker === undefined || isWriting) return
    isWriting = true
    void write(maker).finally(() => {
      isWriting = false
    })
  }

  return {
    marks,
    covered,
    add(frame, offset) {
      marks.note(frame.first, offset)
      let recent = recents.at(-1) as Recent.Recent
      // A table is full before its places are; a group commit does not span two.
      if (frame.first - recent.first >= recordsARun) {
        turnOver(frame.first, offset)
        recent = recents.at(-1) as Recent.Recent
      }
      const taking = recent
      Frame.forEachPayment(frame, (payment, position) =>
        taking.add(keys, Keys.ofPayment(keys, seed, payment), position),
      )
    },
    *find(key, from = 1) {
      for (const run of [...runs]) if (run.last >= from) yield* ask(run, key, from)
      for (const recent of [...recents]) for (const position of recent.find(key)) if (position >= from) yield position
    },
    purchases(key) {
      let found: readonly number[] = []
      for (const run of runs) if (run.mayHave(key)) found = [...found, ...ask(run, key)]
      for (const recent of recents) {
        const newer = recent.find(key)
        if (newer.length > 0) found = [...found, ...newer]
      }
      return found
    },
    tidy() {
      for (const name of unused) rmSync(join(journal.folder, name), { force: true })
    },
    close() {
      isOpen = false
      for (const run of runs) run.close()
    },
  }
}
