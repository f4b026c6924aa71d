/**
 * The data folder of a run (`serve`, `demo`): a local chain starts anew each time, so what the run before it left there is of no use and is
 * deleted. Only that: a marker, `.sunledger-run`, says what kind of run made which files on which chain. Whatever else has the name of
 * one of our files is somebody's keys or journal, and the run is refused.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex } from '../core/Payment.ts'
import * as Embedded from '../store/Embedded.ts'
import * as Fence from '../store/Fence.ts'

/** What makes a run; one does not take another's folder. */
export type Kind = 'serve' | 'demo' | 'run'

const markerIn = (data: string): string => join(data, '.sunledger-run')

/** Files that a run writes beside its journal: the SHA-256 of each, null while it is being written. */
const named = ['keys.json', 'deployment.json'] as const

interface Marker {
  readonly kind: string
  readonly genesisHash: Hex
  readonly clearingHouse: Address
  readonly files: { readonly [name: string]: string | null }
}

/** Exactly what a journal's files are called, and where they are half made. The log comes last: it says whose the others are. */
const ofJournal = /^(index-\d+-\d+\.run|snapshot-\d+|journal\.mark|journal\.log)(\.new)?$/
/** Also as they were called before format 2. */
const ofAnyJournal = /^(journal\.(log|mark|db)|index-\d|snapshot-\d)/

const isOurs = (name: string): boolean => ofAnyJournal.test(name) || named.some((each) => each === name)

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

const markerOf = (data: string): Marker | undefined => {
  const path = markerIn(data)
  if (!existsSync(path)) return undefined
  try {
    const { kind, genesisHash, clearingHouse, files } = JSON.parse(readFileSync(path, 'utf8'))
    return { kind, genesisHash, clearingHouse, files: { ...files } }
  } catch {
    throw new DataFolderForeignError(data, ['.sunledger-run'], 'its marker cannot be read')
  }
}

/** Files of our names that the marked run did not make, and why that is known. */
const foreign = (data: string, names: readonly string[], marker: Marker): string[] => {
  const changed = named.filter((name) => {
    if (!names.includes(name)) return false
    const known = marker.files[name]
    return known === undefined || (known !== null && known !== hashOf(join(data, name)))
  })
  const other = names.filter((name) => ofAnyJournal.test(name) && !ofJournal.test(name))
  return [...changed, ...other, ...(isOwnJournal(data, marker) ? [] : ['journal.log'])]
}

const isOwnJournal = (data: string, { genesisHash, clearingHouse }: Marker): boolean => {
  if (!existsSync(Embedded.fileIn(data))) return true
  try {
    const of = Embedded.identityOf(data)
    return of.genesisHash === genesisHash && of.clearingHouse === clearingHouse
  } catch {
    return false
  }
}

/** The fence of a run's journal goes with it, so it is found by its folder. */
export const fenceOf = (data: string): string => {
  const name = createHash('sha256').update(realpathSync(data)).digest('hex').slice(0, 32)
  return join(Fence.stateFolder(), 'runs', `${name}.json`)
}

/**
 * Deletes what an earlier run of this kind left in a folder, and nothing else.
 * @throws {DataFolderForeignError} something there has the name of one of our files, and no run of this kind made it; nothing was deleted
 */
export const clear = (data: string, kind: Kind): void => {
  const names = readdirSync(data).filter(isOurs).sort()
  const marker = markerOf(data)
  if (marker === undefined && names.length > 0)
    throw new DataFolderForeignError(data, names, 'no run marked it as its own')
  if (marker === undefined) return
  if (marker.kind !== kind) throw new DataFolderForeignError(data, names, `it is the folder of '${marker.kind}'`)
  const others = foreign(data, names, marker)
  if (others.length > 0) throw new DataFolderForeignError(data, others, 'the run before did not make them')
  for (const name of [...names.filter((each) => each !== 'journal.log'), 'journal.log'])
    rmSync(join(data, name), { force: true })
  Fence.remove(fenceOf(data))
}

/** Marks a folder as a run's own, before its first file is written; then writes them. */
export const begin = (
  data: string,
  kind: Kind,
  { genesisHash, clearingHouse }: { readonly genesisHash: Hex; readonly clearingHouse: Address },
  write: () => void,
): void => {
  const mark = (hash: (name: string) => string | null): void => {
    const marker: Marker = {
      ...{ kind, genesisHash, clearingHouse },
      files: Object.fromEntries(named.map((name) => [name, hash(name)])),
    }
    writeFileSync(markerIn(data), `${JSON.stringify(marker)}\n`)
  }
  mark(() => null)
  write()
  mark((name) => hashOf(join(data, name)))
}

/** A data folder holds what a run must not delete. */
export class DataFolderForeignError extends SunledgerError {
  override readonly name = 'DataFolderForeignError'
  constructor(data: string, names: readonly string[], why: string) {
    super('SL412', 'The data folder has files that this run did not make, so nothing was deleted or started.', {
      expected: 'an empty folder, a new one, or that of an earlier run of the same kind',
      actual: `${names.join(', ')} in ${resolve(data)}: ${why}`,
      hint: 'Name another folder with --data. If nobody needs these files, delete them yourself.',
    })
  }
}
