/**
 * The decoders, each with how a wrong input is made for it and what must hold: it takes the input, or refuses it with an error of ours;
 * nothing else is ever thrown, and what is taken is what it claims to be.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Batch from '../../../src/core/Batch.ts'
import { SunledgerError } from '../../../src/core/Errors.ts'
import type { Hex } from '../../../src/core/Payment.ts'
import * as Quick from '../../../src/core/Quick.ts'
import * as Wire from '../../../src/core/Wire.ts'
import * as X402 from '../../../src/core/X402.ts'
import * as Events from '../../../src/sdk/Events.ts'
import * as Receipt from '../../../src/sdk/Receipt.ts'
import * as JobTrace from '../../../src/sim/JobTrace.ts'
import * as Pvgis from '../../../src/sim/Pvgis.ts'
import * as Embedded from '../../../src/store/Embedded.ts'
import * as Frame from '../../../src/store/Frame.ts'
import * as Log from '../../../src/store/Log.ts'
import * as LogPage from '../../../src/store/LogPage.ts'
import * as Mark from '../../../src/store/Mark.ts'
import type { Pick } from './Mutate.ts'
import * as Mutate from './Mutate.ts'
import * as Right from './Right.ts'

export interface Decoder {
  readonly name: string
  /** Decodes one wrong input. Throws what the decoder throws. */
  attempt(pick: Pick): void
}

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new TypeError(what)
}

const wrongJson = (pick: Pick, right: unknown): unknown => {
  let made = right
  for (let i = 0; i <= pick(3); i++) made = Mutate.value(pick, made)
  return made
}

const message = (name: string, schema: Parameters<typeof Wire.parse>[0]): Decoder => ({
  name: `message ${name}`,
  attempt: (pick) => void Wire.parse(schema, wrongJson(pick, Right.messages[name])),
})

const { paymentRequest, payments, receipt, order, deposit, withdrawal, exit, owner, readings, paymentResults } = Wire
const schemas = {
  ...{ paymentRequest, payments, receipt, order, deposit, withdrawal, exit, owner, readings, paymentResults },
}

const frame = (pick: Pick): void => {
  const right = Mutate.oneOf(pick, Right.frames)
  const decoded = Frame.decode(Mutate.bytes(pick, right))
  if (decoded === undefined) return
  // Whole by its checksum: one that was written, to the last byte.
  must(
    Right.frames.some((known) => known.equals(decoded.bytes)),
    'a frame that nobody wrote is taken for whole',
  )
  must([...Frame.entries(decoded)].length === decoded.count, 'a frame has another number of records than it says')
}

/** Where Linux keeps files in memory, if it does: a file is written anew for each case, and a disk takes longer for that than we for the case. */
const memory = '/dev/shm'
const newFolder = (): string => mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'sunledger-fuzz-'))

/** A journal that has been begun, and answered nothing yet. Returns its page. */
const begun = (folder: string): Buffer => {
  const path = Log.fileIn(folder)
  LogPage.write(path, {
    chainId: 31337,
    genesisHash: `0x${'ab'.repeat(32)}`,
    clearingHouse: Right.asset,
    startBlock: 0n,
  })
  const page = readFileSync(path)
  Mark.write(folder, LogPage.parse(path, page, false).id, 2, Mark.nothing(LogPage.pageBytes))
  return page
}

/** One folder and one right journal for all cases. */
let right: { readonly folder: string; readonly bytes: Buffer } | undefined

const file = (pick: Pick): void => {
  if (right === undefined) {
    const made = newFolder()
    right = { folder: made, bytes: Buffer.concat([begun(made), ...Right.frames]) }
  }
  const { folder, bytes } = right
  writeFileSync(Log.fileIn(folder), Mutate.bytes(pick, bytes))
  const journal = Embedded.read(folder)
  try {
    let last = 0
    for (const { position } of journal.read()) must(position === ++last, 'positions have a gap')
    must(last <= journal.end, 'more records than its end says')
  } finally {
    journal.close()
  }
}

/** Removes what was written for the cases. */
export const clean = (): void => {
  if (right !== undefined) rmSync(right.folder, { recursive: true, force: true })
  right = undefined
}

process.once('exit', clean)

const receiptHeader = (pick: Pick): void => {
  const right = X402.encode(wrongJson(pick, { x402Version: 2, payload: { receipt: Right.receipt, key: 'k' } }) ?? {})
  let said: unknown
  try {
    said = X402.decode(pick(2) === 0 ? Mutate.text(pick, right) : right)
  } catch (error) {
    // No base64 of JSON: whoever calls says so.
    must(error instanceof SyntaxError, String(error))
    return
  }
  X402.parsePayload(said)
}

const stream = (pick: Pick): void => {
  const text = Mutate.text(pick, Right.stream)
  const parser = new Events.Parser()
  for (let at = 0; at < text.length; ) {
    const length = 1 + pick(200)
    for (const { type, id, data } of parser.push(text.slice(at, at + length)))
      must(!/\n/.test(type + id) && data.length <= text.length, 'an event that is none')
    at += length
  }
}

const quick = (pick: Pick): void => {
  const wrong = wrongJson(pick, Right.receipt)
  const taken = Quick.receipt(wrong)
  if (taken === undefined) return
  const { data } = receipt.safeParse(wrong)
  must(Wire.stringify(data) === Wire.stringify(taken), 'two ways of reading differ')
}

const batch = (pick: Pick): void => {
  const wrong =
    pick(2) === 0
      ? (Mutate.text(pick, Right.batch) as Hex)
      : (`0x${Mutate.bytes(pick, Buffer.from(Right.batch.slice(2), 'hex')).toString('hex')}` as Hex)
  const sections = Batch.decode(wrong)
  must(sections.length <= wrong.length, 'more sections than bytes')
}

const deposits = (pick: Pick): void => {
  const wrong = `0x${Mutate.bytes(pick, Buffer.from(Right.deposits.slice(2), 'hex')).toString('hex')}` as Hex
  must(Batch.decodeDeposits(wrong).length <= wrong.length, 'more deposits than bytes')
}

export const decoders: readonly Decoder[] = [
  ...Object.entries(schemas).map(([name, schema]) => message(name, schema)),
  { name: 'receipt, as text', attempt: (pick) => void Receipt.parse(Mutate.text(pick, JSON.stringify(Right.receipt))) },
  { name: 'receipt, read quickly', attempt: quick },
  { name: 'receipt header', attempt: receiptHeader },
  { name: 'settlement batch', attempt: batch },
  { name: 'deposit batch', attempt: deposits },
  { name: 'journal frame', attempt: frame },
  { name: 'journal file', attempt: file },
  { name: 'event stream', attempt: stream },
  { name: 'PVGIS file', attempt: (pick) => void Pvgis.parse(Mutate.text(pick, Right.pvgis), 'file') },
  { name: 'job trace', attempt: (pick) => void JobTrace.parse(Mutate.text(pick, Right.jobs), 'file') },
]

/** 'taken', 'refused', or what is wrong with it. */
export const outcome = (decoder: Decoder, seed: number): string => {
  try {
    decoder.attempt(Mutate.picker(seed))
    return 'taken'
  } catch (error) {
    if (error instanceof SunledgerError) return 'refused'
    return `seed ${seed}: ${String((error as Error).stack ?? error).slice(0, 600)}`
  }
}
