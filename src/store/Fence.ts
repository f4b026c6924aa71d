/**
 * The fence: a file outside of the data folder that says how far a journal has reached, and which file its log is. A folder that was
 * restored from a backup, or copied, carries an older position or lies in another file, and is refused: what was answered after the copy
 * was made would be paid a second time.
 *
 * Written off the hot path, at most every 100 ms while records come, and at the end; whole or not at all. It knows this machine alone: a
 * copy on another one is noticed by the chain and by receipts.
 *
 * file: one JSON object in a line: journal, chain, term, device, inode, position, group (see `Frame.print`), folder, checksum (CRC-32 of the
 * same object without it).
 */
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as FenceFile from './FenceFile.ts'
import {
  type FenceState,
  type Identity,
  JournalDamagedError,
  JournalForeignError,
  JournalOlderError,
} from './Journal.ts'
import type { Point } from './Mark.ts'

/** Where fences are: a file for one journal, or a folder with one for each journal. */
export type Place = { readonly file: string } | { readonly folder: string }

/** Sunledger's own folder for what outlives a process and is no user's data: `$XDG_STATE_HOME/sunledger`. */
export const stateFolder = (): string =>
  join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'sunledger')

/** Where a journal's fence is unless somebody names another place. */
export const usual = (): Place => ({ folder: join(stateFolder(), 'fences') })

const pathOf = (place: Place, id: string): string => ('file' in place ? place.file : join(place.folder, `${id}.json`))

const remembered = (place: Place): { path: string; said: FenceFile.Said | undefined }[] => {
  if ('file' in place) return [{ path: place.file, said: FenceFile.read(place.file) }]
  let names: string[] = []
  try {
    names = readdirSync(place.folder).filter((name) => /^[0-9a-f]{32}\.json$/.test(name))
  } catch {
    // There is no such folder, so nothing is remembered.
  }
  return names.flatMap((name) => {
    const path = join(place.folder, name)
    try {
      return [{ path, said: FenceFile.read(path) }]
    } catch {
      // One that is damaged is told of when its own journal is opened.
      return []
    }
  })
}

/**
 * Before a journal is begun in a folder: none with records was there. One of another chain is nobody's loss: it could not be continued.
 * @throws {JournalDamagedError} one was, and its log is gone
 */
export const refuseLost = (place: Place | undefined, folder: string, identity: Identity): void => {
  if (place === undefined) return
  const real = realpathSync(folder)
  for (const { path, said } of remembered(place))
    if (said !== undefined && said.position > 0 && said.folder === real && said.chain === FenceFile.chainOf(identity))
      throw new JournalDamagedError(
        `the log of journal ${said.journal}, to position ${said.position} (${path})`,
        `no log in ${folder}; where the journal is not wanted any more, delete that fence file`,
      )
}

/** What is opened. */
export interface Opened extends FenceFile.Owner {
  readonly end: Point
  /** What stands in the log at a position that ends a group; undefined where none ends there. */
  readonly printAt: (position: number) => Buffer | undefined
}

/** @throws {JournalOlderError} @throws {JournalForeignError} */
const check = (path: string, said: FenceFile.Said, { folder, id, term, handle, end, printAt }: Opened): void => {
  const by = `by the fence file ${path}`
  const moved = `If it was moved on purpose and nothing else of it is left, delete that file and start again.`
  if (said.journal !== id) throw new JournalForeignError(`journal ${said.journal}, ${by}`, `journal ${id}`)
  if (said.position > end.position || said.term > term)
    throw new JournalOlderError(
      `position ${said.position}, term ${said.term}, ${by}`,
      `position ${end.position}, term ${term}`,
    )
  if (said.position > 0 && printAt(said.position)?.toString('hex') !== said.group)
    throw new JournalForeignError(`the group at position ${said.position} that was answered, ${by}`, 'another group')
  const { device, inode } = FenceFile.fileOf(handle)
  // A device may get another number when it is mounted again; the file is the same then, in the same folder.
  const isSame = inode === said.inode && (device === said.device || realpathSync(folder) === said.folder)
  if (!isSame)
    throw new JournalForeignError(
      `the log as file ${said.inode} of device ${said.device}, in ${said.folder}, ${by}`,
      `file ${inode} of device ${device}, in ${folder}: a copy. ${moved}`,
    )
}

export interface Fence {
  readonly state: FenceState
  /** Why the journal must not be written any more: another copy of it was started. */
  readonly failure: JournalForeignError | undefined
  /** Tells of a group that is on disk. */
  note(point: Point): void
  /** Finds out now whether another copy was started. */
  look(): void
  close(): void
}

/** Without a place: nothing is written, and copies are not noticed. */
const none: Fence = { state: 'missing', failure: undefined, note: () => {}, look: () => {}, close: () => {} }

/** A fence says what was on disk at most so long ago. */
const everyMs = 100

/**
 * Checks a journal that is being opened against its fence.
 * @throws {JournalOlderError} @throws {JournalForeignError} @throws {FenceUnusableError}
 */
export const compare = (place: Place | undefined, opened: Opened): void => {
  if (place === undefined) return
  const path = pathOf(place, opened.id)
  const said = FenceFile.read(path)
  if (said !== undefined) check(path, said, opened)
}

/** The highest term that a fence knows of a journal; 0: none. */
export const termOf = (place: Place | undefined, id: string): number => {
  if (place === undefined) return 0
  try {
    return FenceFile.read(pathOf(place, id))?.term ?? 0
  } catch {
    return 0
  }
}

/** Moves the fence on with a journal that was compared with it. @param isBegun the journal was begun just now */
export const create = (
  place: Place | undefined,
  opened: Opened,
  isBegun: boolean,
  warn: (what: string) => void,
): Fence => {
  if (place === undefined) return none
  const path = pathOf(place, opened.id)
  const wasThere = existsSync(path)
  if (!wasThere && !isBegun)
    warn(`there was no fence file ${path}: if this folder is a copy or a restored backup, that was not noticed`)
  const usualState: FenceState = wasThere || isBegun ? 'present' : 'new'
  const file = FenceFile.writing(path, opened, warn)
  let state: FenceState = usualState
  let failure: JournalForeignError | undefined
  let last = opened.end
  let [isDue, isWriting] = [false, false]
  let timer: NodeJS.Timeout | undefined

  const attempt = (write: () => void): void => {
    try {
      write()
      state = usualState
    } catch (error) {
      state = 'missing'
      file.failed(error)
    }
  }

  const look = (): void => {
    if (!file.isOwn())
      failure ??= new JournalForeignError(`the fence file ${path} as this service wrote it`, 'that of another copy')
  }

  const work = async (): Promise<void> => {
    isDue = false
    try {
      look()
      if (failure !== undefined) return
      await file.soon(last)
      state = usualState
    } catch (error) {
      state = 'missing'
      file.failed(error)
    }
  }

  const plan = (): void => {
    timer ??= setTimeout(() => {
      isWriting = true
      void work().finally(() => {
        isWriting = false
        timer = undefined
        if (isDue && failure === undefined) plan()
      })
    }, everyMs).unref()
  }

  attempt(() => file.now(last))
  return {
    get state() {
      return state
    },
    get failure() {
      return failure
    },
    look() {
      try {
        look()
      } catch (error) {
        state = 'missing'
        file.failed(error)
      }
    },
    note(point) {
      last = point
      isDue = true
      if (!isWriting) plan()
    },
    close() {
      clearTimeout(timer)
      file.end()
      attempt(() => {
        if (failure === undefined && file.isOwn()) file.now(last)
      })
    },
  }
}

/** Takes a fence file away, with the journal that it belongs to. */
export const remove = (path: string): void => {
  for (const each of [path, `${path}.new`]) rmSync(each, { force: true })
}
