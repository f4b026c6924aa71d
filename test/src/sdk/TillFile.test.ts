/** A till that processes share: real processes, real files, kills at any moment. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as TillFile from '../../../src/sdk/TillFile.ts'
import { format, parse, TillState } from '../../../src/sdk/TillLog.ts'
import type { TillStore } from '../../../src/sdk/TillStore.ts'
import { dollar } from './FakeService.ts'

const folder = (): string => {
  const made = mkdtempSync(path.join(tmpdir(), 'till-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

/** As `TillFile.open`, and closes what it opened. */
const openIn = (place: string, options?: TillFile.TillFileOptions): TillStore => ({
  async open(scope, before) {
    const till = await TillFile.open(place, options).open(scope, before)
    onTestFinished(() => till.close())
    return till
  },
})

const logIn = (place: string): string => {
  const scope = path.join(place, readdirSync(place)[0] as string)
  const numbers = readdirSync(scope).flatMap((name) => /^till-(\d+)\.log$/.exec(name)?.[1] ?? [])
  return path.join(scope, `till-${Math.max(...numbers.map(Number))}.log`)
}

const claim = (n: number) => ({ purchase: `p${n}`, range: { asset: dollar, from: BigInt(n), to: BigInt(n) + 1n } })

interface Worker {
  readonly child: ChildProcess
  say(op: string, n: number): void
  readonly said: [number, unknown][]
  /** Resolves when it has answered so often in all. */
  answers(count: number): Promise<void>
}

const worker = (place: string, logBytes = 1 << 22): Worker => {
  const script = path.join(import.meta.dirname, '../support/TillProcess.ts')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, place, `${logBytes}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.on('error', () => {})
  const said: [number, unknown][] = []
  const waiting: (() => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(JSON.parse(line))
    for (const look of waiting.splice(0)) look()
  })
  return {
    child,
    said,
    say: (op, n) => void child.stdin.write(`${JSON.stringify([op, n])}\n`),
    answers: async (count) => {
      while (said.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
    },
  }
}

const killed = (one: Worker): Promise<unknown> => {
  const gone = new Promise((resolve) => one.child.once('exit', resolve))
  one.child.kill('SIGKILL')
  return gone
}

describe('a till that processes share', () => {
  test('behavior: three processes claim the same purchases at once, and each is bought once, also across logs', async () => {
    const place = folder()
    const workers = [worker(place, 4_000), worker(place, 4_000), worker(place, 4_000)]
    const count = 120
    for (let n = 0; n < count; n++) for (const one of workers) one.say('buy', n)
    await Promise.all(workers.map((one) => one.answers(count)))
    const bought = workers.flatMap(({ said }) => said.filter(([, what]) => what === 'bought').map(([n]) => n))
    expect(bought.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n))
    expect(logIn(place)).not.toMatch(/till-1\.log$/)
  }, 60_000)

  test('behavior: killed at any moment, what it had not begun is free, and nothing is bought twice', async () => {
    const place = folder()
    const bought: number[] = []
    const take = ({ said }: Worker) => bought.push(...said.filter(([, what]) => what === 'bought').map(([n]) => n))
    for (let round = 0; round < 4; round++) {
      const one = worker(place, 2_000)
      for (let n = round * 10; n < round * 10 + 20; n++) one.say('buy', n)
      await one.answers(round * 3 + 1)
      await killed(one)
      take(one)
    }
    const last = worker(place, 2_000)
    for (let n = 0; n < 50; n++) last.say('buy', n)
    await last.answers(50)
    take(last)
    expect(new Set(bought).size).toBe(bought.length)
    expect(last.said.filter(([, what]) => what === 'serving')).toEqual([])
  }, 60_000)

  test('behavior: a claim of a process that died is taken over; one that has begun is handed on by name', async () => {
    const place = folder()
    const [one, two] = [worker(place), worker(place)]
    one.say('take', 1)
    one.say('take', 2)
    await one.answers(2)
    one.say('begin', 2)
    await one.answers(3)
    two.say('take', 1)
    await two.answers(1)
    expect(two.said).toEqual([[1, 'serving']])
    await killed(one)
    for (const n of [1, 2]) two.say('take', n)
    await two.answers(3)
    expect(two.said.slice(1).sort()).toEqual([
      [1, 'taken'],
      [2, 'begun'],
    ])
  }, 60_000)

  test('behavior: whoever was wrongly thought dead cannot begin', async () => {
    const place = folder()
    const [slow, quick] = await Promise.all(
      [{ staleMs: 1e9 }, { staleMs: -1 }].map((options) => openIn(place, options).open('scope', [])),
    )
    expect(await slow?.take(claim(1))).toBeUndefined()
    expect(await quick?.take(claim(1))).toBeUndefined()
    expect([await slow?.begin(claim(1), true), await quick?.begin(claim(1), true)]).toEqual([false, true])
  })

  test('behavior: answers are kept for all, the oldest are forgotten', async () => {
    const place = folder()
    const [one, two] = [0, 1].map(() => openIn(place, { mostAnswers: 4 }))
    const [a, b] = [await one?.open('scope', []), await two?.open('scope', [])]
    for (let n = 0; n < 9; n++) await a?.keep(`p${n}`, Buffer.from(`answer ${n}`))
    expect(Buffer.from((await b?.kept('p8')) ?? []).toString()).toBe('answer 8')
    expect(await b?.kept('p0')).toBeUndefined()
  })

  test('behavior: what counts as served at the start is said once, by whoever comes first', async () => {
    const place = folder()
    const upTo = (to: bigint) => [{ asset: dollar, from: 0n, to }]
    const first = await openIn(place).open('scope', upTo(5n))
    const second = await openIn(place).open('scope', upTo(9n))
    expect([await first.find(claim(4)), await second.find(claim(4))]).toEqual([
      { state: 'charged' },
      { state: 'charged' },
    ])
    expect(await second.take(claim(7))).toBeUndefined()
    expect(await (await openIn(place).open('another', [])).take(claim(4))).toBeUndefined()
  })

  test('error: overlapping ranges of different purchases, also where one is not over', async () => {
    const till = await openIn(folder()).open('scope', [])
    const range = (from: bigint, to: bigint) => ({ purchase: `${from}`, range: { asset: dollar, from, to } })
    expect(await till.take(range(0n, 10n))).toBeUndefined()
    expect(await till.take(range(9n, 12n))).toEqual({ state: 'charged' })
    await till.release(range(0n, 10n))
    expect(await till.take(range(9n, 12n))).toBeUndefined()
  })
})

describe('a damaged log', () => {
  test('behavior: a line torn off at any place is passed over; what was acknowledged before it counts', async () => {
    const place = folder()
    const till = await openIn(place).open('scope', [])
    await till.take(claim(1))
    await till.begin(claim(1), true)
    const log = logIn(place)
    const whole = readFileSync(log)
    const line = format(['take', 't', 'o', 'p', null])
    for (let bytes = 0; bytes < line.length; bytes++) {
      writeFileSync(log, Buffer.concat([whole, Buffer.from(line.slice(0, bytes))]))
      const next = await openIn(place).open('scope', [])
      expect([await next.find(claim(1)), await next.find(claim(2))]).toEqual([{ state: 'charged' }, undefined])
      expect(await next.take(claim(2))).toBeUndefined()
    }
    truncateSync(log, statSync(log).size - 1)
  })

  test('error: a damaged line is refused by name, whichever byte of it it is', async () => {
    const place = folder()
    const till = await openIn(place).open('scope', [])
    await till.take(claim(1))
    await till.begin(claim(1), true)
    const log = logIn(place)
    const whole = readFileSync(log)
    // Bits of the checksum and of what it covers; a line whose length is damaged to more counts as torn, and so is none.
    const from = whole.lastIndexOf('\n', whole.length - 2) + 5
    for (let at = from; at < whole.length - 1; at++) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] as number) ^ 1
      writeFileSync(log, damaged)
      await expect(openIn(place).open('scope', [])).rejects.toMatchObject({ code: 'SL638', status: 503 })
    }
    writeFileSync(log, whole)
    appendFileSync(log, Buffer.alloc(10))
    await expect(openIn(place).open('scope', [])).rejects.toMatchObject({ code: 'SL638' })
  })

  test('error: a folder that cannot be written', async () => {
    const place = path.join(folder(), 'a file')
    writeFileSync(place, '')
    await expect(openIn(place).open('scope', [])).rejects.toMatchObject({ code: 'SL638' })
  })
})

describe('the state', () => {
  test('behavior: is the same from all lines, and from a snapshot and the lines after it', () => {
    const entry = fc.record({
      op: fc.constantFrom('take', 'begin', 'end', 'release', 'takeOver'),
      owner: fc.constantFrom('a', 'b'),
      n: fc.nat(4),
      isWhole: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), fc.nat(60), (steps, cut) => {
        const all = new TillState()
        let resumed = new TillState()
        for (const [i, { op, owner, n, isWhole }] of steps.entries()) {
          const line = {
            take: ['take', 't', owner, `p${n}`, [dollar, `${n}`, `${n + 2}`]],
            begin: ['begin', 't', owner, `p${n}`, isWhole],
            end: ['end', 't', owner, `p${n}`],
            release: ['release', 't', owner, `p${n}`],
            takeOver: ['takeOver', 't', owner, `p${n}`, owner === 'a' ? 'b' : 'a'],
          }[op] as never
          const read = parse(format(line).trim(), 'test') as never
          expect(resumed.apply(read)).toBe(all.apply(line))
          if (i !== cut) continue
          const snapshot = resumed.snapshot()
          resumed = new TillState()
          resumed.apply(parse(format(snapshot).trim(), 'test') as never)
        }
        expect(resumed.snapshot()).toEqual(all.snapshot())
      }),
    )
  })
})
