/** Answers that are the same for everybody: made once for all who ask, again after a while, and again where they failed. */
import { expect, test } from 'vitest'
import type { Service } from '../../../src/clearing/Service.ts'
import * as Shared from '../../../src/http/Shared.ts'
import { useChain } from '../support/Chain.ts'
import { listen } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()

/** Work is done when it is asked for. */
const reads = { run: async (_asked: unknown, work: () => unknown) => work() } as Parameters<typeof Shared.share>[0]

test('behavior: one is made for all who ask within the time, and the next after it', async () => {
  const at = { nowMs: 0, made: 0, version: 0 }
  const make = async () => ({ text: `${++at.made}`, type: 'text/plain' })
  const ask = Shared.share(reads, 'figures', { make, version: () => at.version }, 1000, () => at.nowMs)
  const texts = async (many: number) =>
    (await Promise.all(Array.from({ length: many }, ask))).map(({ text }) => text.toString())
  expect(await texts(3)).toEqual(['1', '1', '1'])
  at.nowMs = 999
  expect(await texts(2)).toEqual(['1', '1'])
  at.nowMs = 1000
  expect(await texts(2)).toEqual(['2', '2'])
  // What it shows has changed.
  at.version++
  expect(await texts(2)).toEqual(['3', '3'])
})

test('error: one that fails fails for those who wait for it, and the next is tried again', async () => {
  let isBroken = true
  const make = () => {
    if (isBroken) throw new Error('broken')
    return { text: 'whole', type: 'text/plain' }
  }
  const ask = Shared.share(reads, 'figures', { make }, 1000, () => 0)
  await expect(Promise.all([ask(), ask()])).rejects.toThrow('broken')
  isBroken = false
  expect((await ask()).text.toString()).toBe('whole')
})

test('behavior: I8 however often metrics are asked for, the service is asked once a second', async () => {
  const running = await start(chain, await chain.deploy())
  let asked = 0
  const service: Service = {
    ...running,
    position() {
      asked++
      return running.position()
    },
  }
  const http = await listen(service, { limits: { sharedMs: 3_600_000 } })
  const answers = await Promise.all(Array.from({ length: 50 }, () => http.get('/metrics')))
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(asked).toBe(1)
})
