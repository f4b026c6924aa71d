/**
 * The keep of a robot that names none: a file in `$XDG_STATE_HOME/sunledger` (`~/.local/state/sunledger`), for each deployment and account. A
 * program that crashed and is started again thus sends what it had no answer to, as it was, without anybody having thought of it.
 *
 * Robots of one account at the same time, in whatever processes, each have a file of their own (`.2`, `.3` …), held while they live.
 * Whoever comes takes over the files that nobody holds any more, so nothing that was signed is forgotten. Where files cannot be written,
 * a warning says so, once, and memory has to do.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Address } from '../core/Payment.ts'
import * as Keep from './Keep.ts'
import * as KeepLock from './KeepLock.ts'
import { OptionInvalidError } from './Option.ts'

/** Robots of one account at once that are kept apart. */
const most = 64

/** Where state is that is no user's data (XDG Base Directory Specification; a relative path counts as none). */
const folder = (): string => {
  const given = process.env['XDG_STATE_HOME'] ?? ''
  return join(isAbsolute(given) ? given : join(homedir(), '.local', 'state'), 'sunledger')
}

export const pathOf = ({ deployment, account }: Keep.Holder, slot = 1): string =>
  join(folder(), `${deployment.slice(2, 18)}-${account}${slot === 1 ? '' : `.${slot}`}.json`)

let isWarned = false

const warn = (cause: unknown): void => {
  if (isWarned) return
  isWarned = true
  process.emitWarning(new Keep.KeepUnavailableError(folder(), cause))
}

interface Held {
  readonly path: string
  readonly keep: Keep.Keep
  readonly release: () => Promise<void>
}

/** All files of the account that nobody holds, and the first name that is free; the first one is this robot's own. */
const holdAll = async (holder: Keep.Holder): Promise<readonly Held[]> => {
  const all: Held[] = []
  for (let slot = 1; slot <= most; slot++) {
    const path = pathOf(holder, slot)
    if (!existsSync(path) && all.length > 0) continue
    const release = await KeepLock.take(path)
    if (release !== undefined) all.push({ path, keep: Keep.file(path), release })
  }
  if (all.length === 0) throw new Error(`${most} robots of this account already have a file each`)
  return all
}

/** One part for each asset: the higher debit, and whatever has no answer, in the order of totals. */
export const merge = (parts: readonly Keep.Kept[]): Map<Address, Keep.Kept> => {
  const merged = new Map<Address, Keep.Kept>()
  for (const part of parts) {
    const before = merged.get(part.asset)
    if (before === undefined) {
      merged.set(part.asset, part)
      continue
    }
    const known = new Set(before.unanswered.map(({ payment }) => payment.history))
    const more = part.unanswered.filter(({ payment }) => !known.has(payment.history))
    const unanswered = [...before.unanswered, ...more].sort((a, b) => Number(a.payment.total - b.payment.total))
    const accepted = part.accepted.total > before.accepted.total ? part.accepted : before.accepted
    merged.set(part.asset, { asset: part.asset, accepted, unanswered })
  }
  return merged
}

/** What a robot was told, or its own file where there are files. @throws {OptionInvalidError} */
export const keepOf = (keep: Keep.Keep | false | undefined): Keep.Keep | undefined => {
  if (keep === undefined)
    return typeof process === 'object' && process.versions?.node !== undefined ? create() : undefined
  if (keep === false) return undefined
  if (typeof keep?.load !== 'function' || typeof keep.save !== 'function')
    throw new OptionInvalidError('keep', 'Keep.file(path), Keep.memory() or false', keep)
  return keep
}

/** For one robot. */
export const create = (): Keep.Keep => {
  let own: Held | undefined
  return {
    get receipts() {
      return own?.keep.receipts
    },
    async load(holder) {
      let all: readonly Held[]
      try {
        all = await holdAll(holder)
      } catch (error) {
        warn(error)
        return []
      }
      try {
        const parts = merge((await Promise.all(all.map(({ keep }) => keep.load(holder)))).flat())
        const [first, ...others] = all as [Held, ...Held[]]
        for (const part of parts.values()) await first.keep.save(holder, part)
        for (const { path, keep } of others) {
          await first.keep.receipts?.append((await keep.receipts?.load()) ?? [])
          for (const each of [path, `${path}.receipts`]) await rm(each, { force: true })
        }
        await Promise.all(others.map(({ release }) => release()))
        own = first
        return [...parts.values()]
      } catch (error) {
        await Promise.all(all.map(({ release }) => release()))
        if (error instanceof Keep.KeepInvalidError) throw error
        warn(error)
        return []
      }
    },
    async save(holder, kept) {
      try {
        await own?.keep.save(holder, kept)
      } catch (error) {
        own = undefined
        warn(error)
      }
    },
    async close() {
      await own?.release()
    },
  }
}
