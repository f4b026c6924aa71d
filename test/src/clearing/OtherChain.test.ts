/**
 * A node that answers for another chain. Nothing is accepted meanwhile; acceptance goes on by itself once the node shows the chain that was
 * read, and not on anything less.
 */
import { describe, expect, test } from 'vitest'
import * as Client from '../../../src/chain/Client.ts'
import * as LocalNode from '../../../src/chain/LocalNode.ts'
import { defaultPolicy } from '../../../src/clearing/Policy.ts'
import { settled } from '../support/Agree.ts'
import * as BadLine from '../support/BadLine.ts'
import { codeOf } from '../support/Book.ts'
import { useChain } from '../support/Chain.ts'
import { parties } from '../support/Parties.ts'

const chain = useChain()
const running = parties(chain, { behindMs: 60_000 })

describe('another chain under the same address', () => {
  test('error: SL516 where a running service finds a chain that it has nothing in common with: nothing more is accepted', async () => {
    const line = await BadLine.start(chain.url)
    const { service, payer, shop, pay } = await running({ rpcUrl: line.url, behindMs: 0 })
    const paid = await pay(payer, shop, 1n)
    const other = await LocalNode.start()
    line.lead(other.url)
    expect(await codeOf(service.sync())).toBe('SL516')
    expect(await codeOf(pay(payer, shop, 1n))).toBe('SL516')
    expect([service.status().state, service.payment(paid.payment.id)]).toEqual(['readOnly', paid])
    await service.close()
    await other.close()
  })

  test('behavior: a node that answers for another chain for some seconds: acceptance goes on by itself, and nothing is lost', async () => {
    const line = await BadLine.start(chain.url)
    const policy = { ...defaultPolicy, everyMs: 20 }
    const { service, payer, shop, pay, of } = await running({ rpcUrl: line.url, behindMs: 0, policy })
    const paid = await pay(payer, shop, 1n)
    const other = await LocalNode.start()
    line.lead(other.url)
    await service.until(() => service.health().state === 'readOnly')
    expect(await codeOf(pay(payer, shop, 1n))).toBe('SL516')
    payer.back()
    line.lead(chain.url)
    await service.until(() => service.health().state === 'ready')
    expect(service.complaints.filter((line) => line.includes('accepting again')).length).toBe(1)
    expect((await pay(payer, shop, 2n)).payment.total).toBe(3n)
    expect(service.payment(paid.payment.id)).toEqual(paid)
    await service.until(() => of(shop).settled.credited === 3n)
    await settled(chain, service)
    await other.close()
  })

  test('error: SL516 stays while the node is silent about the block that was read: an unclear answer is none', async () => {
    const line = await BadLine.start(chain.url)
    const { service, payer, shop, pay } = await running({ rpcUrl: line.url })
    const back = await chain.fork()
    await chain.mine(3)
    await service.sync()
    const other = await LocalNode.start()
    await Client.raw(Client.create(other.url), 'hardhat_mine', ['0x3e8'])
    line.lead(other.url)
    expect(await codeOf(service.sync())).toBe('SL516')
    // The right chain, but a node that lags behind: it has nothing to say of that block.
    await back(0)
    line.lead(chain.url)
    await service.sync()
    expect(await codeOf(pay(payer, shop, 1n))).toBe('SL516')
    await other.close()
  })
})
