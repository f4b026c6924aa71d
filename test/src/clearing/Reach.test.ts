/** Whether the chain answers, and who owns an account while it does not: over a line that hangs, breaks and mends. */
import { describe, expect, test } from 'vitest'
import * as Client from '../../../src/chain/Client.ts'
import * as Owners from '../../../src/clearing/Owners.ts'
import * as Reach from '../../../src/clearing/Reach.ts'
import { assetsOf } from '../../../src/clearing/Service.ts'
import * as BadLine from '../support/BadLine.ts'
import { codeOf } from '../support/Book.ts'
import { useChain } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'

const chain = useChain()

const reaching = async () => {
  const { deployment } = await chain.deploy()
  const line = await BadLine.start(chain.url)
  const client = Client.create(line.url, 30_000)
  const reach = Reach.create(client, () => 0)
  const assets = assetsOf(deployment)
  const owners = Owners.create({ client, reach, assets, house: deployment.clearingHouse, block: () => 7n })
  return { line, client, reach, owners }
}

const quick = { doubtfulMs: 30, silentMs: 60 }
const never = (): Promise<never> => new Promise(() => {})

describe('whether the chain answers', () => {
  test('error: SL503 at once where it is down, and within seconds where it hangs; nothing once it is back', async () => {
    const { line, client, reach } = await reaching()
    await reach.assert()
    expect([reach.isUp(), reach.isDoubtful()]).toEqual([true, false])
    line.down(true)
    const failing = reach.watch(() => Client.answered(client, client.getBlockNumber()))
    expect(await codeOf(failing)).toBe('SL503')
    expect([reach.isUp(), reach.isDoubtful(), await codeOf(reach.assert())]).toEqual([false, true, 'SL503'])
    line.down(false)
    await reach.assert()
    expect([reach.isUp(), reach.isDoubtful()]).toEqual([true, false])
  })

  test('behavior: a question that is not answered brings doubt, and then counts as none; one that moves on does not', async () => {
    const { client } = await reaching()
    let progress = 0
    const [stuck, moving] = [Reach.create(client, () => 0, quick), Reach.create(client, () => ++progress, quick)]
    for (const reach of [stuck, moving]) void reach.watch(never)
    expect([stuck.isDoubtful(), stuck.isUp()]).toEqual([false, true])
    await expect.poll(() => stuck.isDoubtful(), { timeout: 10_000 }).toBe(true)
    await expect.poll(() => stuck.isUp(), { timeout: 10_000 }).toBe(false)
    expect([moving.isDoubtful(), moving.isUp()]).toEqual([false, true])
  })
})

describe('owners', () => {
  test('behavior: what was known stands, with its block; what was not is unknown, and asked for again later', async () => {
    const { line, owners } = await reaching()
    const [known, stranger] = [Member.create('known').address, Member.create('stranger').address]
    const first = await owners.of(known)
    expect(first).toMatchObject({ ownerNonce: 0n, nonces: [0n, 0n], block: 7n })
    line.down(true)
    expect(await owners.of(known)).toEqual(first)
    expect(await owners.of(stranger)).toBeUndefined()
    line.down(false)
    await expect.poll(() => owners.of(stranger), { timeout: 10_000 }).toMatchObject({ ownerNonce: 0n })
  })

  test('behavior: however many are asked for at once, each is answered while the chain answers', async () => {
    const { owners } = await reaching()
    const found = await Promise.all(Array.from({ length: 200 }, (_, i) => owners.of(Member.create(`${i}`).address)))
    expect(found.filter((each) => each === undefined)).toEqual([])
  })
})
