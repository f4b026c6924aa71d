/**
 * What a payer must not forget: its last accepted debit, and what it has signed and has no answer to. It is kept before anything is
 * sent, so that after a crash the very same payments are sent again (each is then charged once) instead of new ones being signed next to them.
 *
 * `memory` is enough for a process whose payments may end with it; `file` survives a kill and a power cut. A robot that names none has a file
 * of its own where that can be written (`KeepState`).
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { SunledgerError } from '../core/Errors.ts'
import type { Address, Hex, PaymentRequest, SaleTerms } from '../core/Payment.ts'
import * as Wire from '../core/Wire.ts'
import * as Option from './Option.ts'
import * as ReceiptFile from './ReceiptFile.ts'
import type { ReceiptStore } from './ReceiptKeeper.ts'

/** A payer's signed total, or zero and '0x' before the first. */
export interface Debit {
  readonly total: bigint
  readonly history: Hex
  readonly signature: Hex
}

/** A signed payment without an answer; with the terms where it is a leg of a sale. */
export interface Unanswered {
  readonly payment: PaymentRequest
  readonly terms?: SaleTerms | undefined
}

/** One asset's part of what is kept. */
export interface Kept {
  readonly asset: Address
  readonly accepted: Debit
  /** In the order of their totals. */
  readonly unanswered: readonly Unanswered[]
}

/** For whom it is kept: an account of one deployment. `deployment` is the clearing house's EIP-712 separator. */
export interface Holder {
  readonly deployment: Hex
  readonly account: Address
}

/** Where it is kept. `save` replaces one asset's part; what it returns is awaited before the payments are sent. */
export interface Keep {
  load(holder: Holder): Promise<readonly Kept[]>
  save(holder: Holder, kept: Kept): Promise<void> | void
  /** Where the account's receipts are kept until they are settled; left out: in memory alone. */
  readonly receipts?: ReceiptStore | undefined
  /** The robot has been closed: another one may take it over. */
  close?(): Promise<void> | void
}

/** For as long as this value lives. */
export const memory = (): Keep => {
  const parts = new Map<string, Kept>()
  const key = (holder: Holder): string => holder.deployment + holder.account
  return {
    load: async (holder) => [...parts].flatMap(([name, kept]) => (name.startsWith(key(holder)) ? [kept] : [])),
    save(holder, kept) {
      parts.set(key(holder) + kept.asset, kept)
    },
  }
}

const schema = z.strictObject({
  sunledger: z.literal('keep 1'),
  deployment: Wire.bytes32,
  account: Wire.address,
  lines: z.array(
    z.strictObject({
      asset: Wire.address,
      accepted: z.strictObject({
        total: Wire.amount,
        history: Wire.bytes32,
        signature: Wire.signature.or(z.literal('0x')),
      }),
      unanswered: z.array(z.strictObject({ payment: Wire.paymentRequest, terms: Wire.saleTerms.optional() })),
    }),
  ),
})

/**
 * In a file, one for each robot: written beside it, flushed to the disk and renamed into place. Of two robots with one file, in whatever processes, the
 * one that loaded it last goes on; the other keeps and sends nothing more, since each would forget what the other has signed.
 * @throws {KeepInvalidError} when loaded: not such a file, or another account's or deployment's; when saved: another robot has it
 * @throws {KeepUnavailableError} it cannot be written
 * @example const robot = await Robot.connect(url, { account, keep: Keep.file('./robot.keep.json') })
 */
export const file = (path: string): Keep => {
  Option.text('path', path)
  const lines = new Map<Address, Kept>()
  let writing: Promise<void> = Promise.resolve()
  /** The file as this robot left it; undefined: there was none. */
  let own: string | undefined
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`

  const write = async (text: string): Promise<void> => {
    try {
      const written = await writeBeside(beside, text)
      if ((await stampOf(path)) !== own) {
        await rm(beside, { force: true })
        throw takenOver(path)
      }
      await rename(beside, path)
      own = written
      await syncFolder(dirname(path))
    } catch (error) {
      if (error instanceof SunledgerError) throw error
      // Whoever loads the file clears away what others were about to write.
      throw (error as { code?: string }).code === 'ENOENT' ? takenOver(path) : new KeepUnavailableError(path, error)
    }
  }

  return {
    receipts: ReceiptFile.create(`${path}.receipts`),
    async load(holder) {
      await removeLeft(path)
      own = await stampOf(path)
      const text = await readText(path)
      if (text === undefined) return []
      for (const line of parse(path, text, holder)) lines.set(line.asset, line)
      // From now on it is this robot's.
      await write(text)
      return [...lines.values()]
    },
    save(holder, kept) {
      lines.set(kept.asset, kept)
      const text = `${Wire.stringify({ sunledger: 'keep 1', ...holder, lines: [...lines.values()] })}\n`
      writing = writing.catch(() => {}).then(() => write(text))
      return writing
    },
  }
}

const takenOver = (path: string): KeepInvalidError =>
  new KeepInvalidError(path, 'the file as this robot wrote it last', 'another robot has written it since')

const parse = (path: string, text: string, holder: Holder): readonly Kept[] => {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw new KeepInvalidError(path, 'JSON, as this SDK writes it', text.slice(0, 40), cause)
  }
  const { data, error } = schema.safeParse(content)
  if (data === undefined)
    throw new KeepInvalidError(
      path,
      'the form in which this SDK writes it',
      new Wire.MessageInvalidError(error).shortMessage,
      error,
    )
  for (const field of ['account', 'deployment'] as const)
    if (data[field] !== holder[field]) throw new KeepInvalidError(path, `${field} ${holder[field]}`, data[field])
  return data.lines
}

const readText = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    return unread(path, error)
  }
}

/** There is none, or it cannot be read. */
const unread = (path: string, error: unknown): undefined => {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  if (code === 'EISDIR') throw new KeepInvalidError(path, 'a file', message, error)
  throw new KeepUnavailableError(path, error)
}

/** Tells one writing of a file from another; undefined where there is none. */
const stampOf = async (path: string): Promise<string | undefined> => {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true })
    return `${ino} ${mtimeNs} ${size}`
  } catch (error) {
    return unread(path, error)
  }
}

/** Returns the stamp of what was written. */
const writeBeside = async (path: string, text: string): Promise<string | undefined> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return stampOf(path)
}

/** A name is only durable once its folder is; Windows cannot open one and needs no such thing. */
const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** What a crash left half written. */
const removeLeft = async (path: string): Promise<void> => {
  const [name, names] = [basename(path), await readdir(dirname(path)).catch(() => [])]
  for (const left of names)
    if (left.startsWith(`${name}.`) && left.endsWith('.new')) await rm(join(dirname(path), left), { force: true })
}

/** What a robot signs cannot be kept. */
export class KeepUnavailableError extends SunledgerError {
  override readonly name = 'KeepUnavailableError'
  constructor(path: string, cause: unknown) {
    super('SL688', `What the robot signs cannot be kept in ${path}.`, {
      expected: 'a place that can be written',
      actual: String((cause as Error).message).split('\n')[0],
      hint: 'Name another file (`keep: Keep.file(path)`); or say `keep: false`, and payments without an answer end with the process.',
      cause,
    })
  }
}

/** A keep file is damaged, belongs to another account or deployment, or another robot has taken it over. */
export class KeepInvalidError extends SunledgerError {
  override readonly name = 'KeepInvalidError'
  constructor(path: string, expected: string, actual: string, cause?: unknown) {
    super('SL648', `The file ${path} does not hold what this account has signed.`, {
      expected,
      actual,
      hint: 'Give each robot and each deployment a file of its own. Delete a file only if nothing it holds can still be unanswered.',
      cause,
    })
  }
}
