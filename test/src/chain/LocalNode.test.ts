/** The local chain: on the wall clock unless told, many blocks in a second, and nobody else on its port. */
import { expect, onTestFinished, test } from 'vitest'
import * as Client from '../../../src/chain/Client.ts'
import * as LocalNode from '../../../src/chain/LocalNode.ts'
import { codeOf } from '../support/Book.ts'
import { useChain } from '../support/Chain.ts'

const chain = useChain()

test('behavior: its blocks are on the wall clock, however many there are', async () => {
  for (let i = 0; i < 50; i++) await chain.mine(1)
  const { timestamp } = await chain.client.getBlock()
  expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(1.5)
})

test('behavior: starts at a date of one’s own', async () => {
  const node = await LocalNode.start({ initialDate: new Date('2036-06-21T00:00:00Z') })
  onTestFinished(() => node.close())
  const client = Client.create(node.url)
  const [genesis, pending] = await Promise.all([client.getBlock(), client.getBlock({ blockTag: 'pending' })])
  const startSeconds = BigInt(Date.UTC(2036, 5, 21) / 1000)
  expect(genesis.timestamp).toBe(startSeconds)
  expect(pending.timestamp - startSeconds).toBeLessThan(30n)
})

test('error: SL502 where its port is in use', async () => {
  expect(await codeOf(LocalNode.start({ port: Number(new URL(chain.url).port) }))).toBe('SL502')
})
