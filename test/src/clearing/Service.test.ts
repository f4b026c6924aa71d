/** The service as a whole: what it refuses to start on, how it ends, and what it shows when its disk breaks. */
import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/clearing/Policy.ts'
import * as Ledger from '../../../src/core/Ledger.ts'
import * as BadLine from '../support/BadLine.ts'
import { codeOf } from '../support/Book.ts'
import { breakWrites, mend } from '../support/Broken.ts'
import { useChain } from '../support/Chain.ts'
import * as Member from '../support/Member.ts'
import { deposit, differences, exit, ledgerOf, settlementsIn, start, withdrawal } from '../support/Running.ts'

const chain = useChain()

const running = async (options: Parameters<typeof start>[2] = {}) => {
  const deployed = await chain.deploy()
  const service = await start(chain, deployed, options)
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1000n)
  return { deployed, service, payer, shop }
}

describe('starting', () => {
  test('error: SL509 on another chain, or on one that knows nothing of the contracts', async () => {
    const deployed = await chain.deploy()
    const on = (change: object) => start(chain, { ...deployed, deployment: { ...deployed.deployment, ...change } })
    expect(await codeOf(on({ chainId: 1 }))).toBe('SL509')
    expect(await codeOf(on({ genesisHash: Member.reference() }))).toBe('SL509')
    expect(await codeOf(on({ clearingHouse: Member.create('nobody').address }))).toBe('SL509')
  })

  test('error: SL503 where the chain does not answer', async () => {
    const deployed = await chain.deploy()
    expect(await codeOf(start(chain, deployed, { rpcUrl: 'http://127.0.0.1:1' }))).toBe('SL503')
  })

  test('behavior: reads from the deployment’s first block on', async () => {
    await chain.mine(3000)
    const deployed = await chain.deploy()
    const startBlock = await chain.client.getBlockNumber()
    const line = await BadLine.start(chain.url)
    const deployment = { ...deployed.deployment, startBlock }
    await start(chain, { ...deployed, deployment }, { rpcUrl: line.url })
    expect(line.calls.filter((method) => method === 'eth_getLogs').length).toBe(1)
  })

  test('behavior: I12 what a restarted service holds is what the first one held, byte for byte', async () => {
    const { deployed, service, payer, shop } = await running()
    for (const amount of [1n, 2n, 3n]) await service.pay(payer.pay({ to: shop.address, amount }))
    await service.settle()
    await service.pay(shop.pay({ to: payer.address, amount: 4n }))
    await service.withdraw(withdrawal(deployed, payer, { amount: 5n, nonce: 0n }))
    const before = await service.serialize()
    expect(Ledger.serialize(ledgerOf(service))).toBe(before)
    await service.close()
    const again = await start(chain, deployed, { folder: service.folder })
    expect(await again.serialize()).toBe(before)
    expect(await differences(chain, again)).toEqual([])
  })
})

describe('settling by policy', () => {
  test('behavior: what was accepted is on chain soon, by itself', async () => {
    const { service, payer, shop } = await running({ policy: { ...defaultPolicy, everyMs: 50 } })
    await service.pay(payer.pay({ to: shop.address, amount: 7n }))
    await service.until(() => settlementsIn(service).length === 1)
    expect(service.status().unsettledAtomic).toBe(0n)
    expect(await differences(chain, service)).toEqual([])
  })

  test('error: a chain that is down is told of in the log, payments go on, and all is settled when it is back', async () => {
    const line = await BadLine.start(chain.url)
    const { service, payer, shop } = await running({ rpcUrl: line.url, policy: { ...defaultPolicy, everyMs: 50 } })
    line.down(true)
    await service.until(() => service.complaints.some((line) => /settlement is delayed.*SL503/.test(line)))
    await service.pay(payer.pay({ to: shop.address, amount: 7n }))
    expect(await service.account(shop.address)).toMatchObject({ owner: null, chain: 'unreachable', ownerBlock: null })
    expect(await codeOf(service.faucet(shop.address, 1n as never))).toBe('SL503')
    line.down(false)
    await service.until(() => settlementsIn(service).length === 1)
    expect(await differences(chain, service)).toEqual([])
  })
})

describe('I11 when the disk breaks', () => {
  test('error: SL403 for everything that would have to be written; what is shown is what is on disk', async () => {
    const { deployed, service, payer, shop } = await running()
    const first = await service.pay(payer.pay({ to: shop.address, amount: 1n }))
    const shown = async () => [await service.serialize(), (await service.account(payer.address)).assets[0]?.debit.total]
    const before = await shown()
    breakWrites(service.folder)
    const lost = payer.pay({ to: shop.address, amount: 2n })
    expect(await codeOf(service.pay(lost))).toBe('SL403')
    expect(await shown()).toEqual(before)
    expect(service.status()).toMatchObject({ state: 'readOnly', payments: 1, unsettledAtomic: 1n })
    expect(service.payment(first.payment.id)).toEqual(first)
    expect(service.statement(payer.address, 0, 10).lines).toHaveLength(1)

    const acts = [
      service.pay(lost),
      service.deposit(deposit(deployed, payer, 1n)),
      service.withdraw(withdrawal(deployed, payer, { amount: 5n, nonce: 0n })),
      service.exit(exit(deployed, payer, { nonce: 0n })),
      service.settle(),
    ]
    expect(await Promise.all(acts.map(codeOf))).toEqual(acts.map(() => 'SL403'))
    await service.close()
    mend(service.folder)

    const again = await start(chain, deployed, { folder: service.folder })
    expect(await codeOf(again.pay(lost))).toBe('accepted')
    await again.settle()
    expect(await differences(chain, again)).toEqual([])
  })
})

describe('telling', () => {
  test('behavior: listeners hear every payment once, in order, and no more when they end; one that fails is no obstacle', async () => {
    const { service, payer, shop } = await running()
    const heard: bigint[] = []
    service.listen({
      payment() {
        throw new Error('a listener of ours is broken')
      },
    })
    const stop = service.listen({ payment: (paid) => void heard.push(paid.receipt().payment.total) })
    const requests = Array.from({ length: 10 }, () => payer.pay({ to: shop.address, amount: 1n }))
    await Promise.all(requests.map(service.pay))
    stop()
    await service.pay(payer.pay({ to: shop.address, amount: 1n }))
    expect(heard).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n])
    expect(service.complaints).toHaveLength(11)
  })

  test('behavior: a statement’s pages lead to its end', async () => {
    const { service, payer, shop } = await running()
    for (let i = 0; i < 5; i++) await service.pay(payer.pay({ to: shop.address, amount: 1n }))
    const totals: bigint[] = []
    let pages = 0
    for (let after: number | null = 0; after !== null; pages++) {
      const { lines, next } = service.statement(shop.address, after, 2)
      totals.push(...lines.map(({ total }) => total))
      after = next
    }
    expect([totals, pages]).toEqual([[1n, 2n, 3n, 4n, 5n], 3])
  })

  test('error: SL319 for a payment that nobody knows', async () => {
    const { service } = await running()
    expect(() => service.payment(Member.reference())).toThrow('SL319')
  })
})

describe('ending', () => {
  test('behavior: what was accepted is answered, and the journal is free at once', async () => {
    const { deployed, service, payer, shop } = await running()
    const answers = Array.from({ length: 20 }, () => service.pay(payer.pay({ to: shop.address, amount: 1n })))
    await service.close()
    await Promise.all(answers)
    expect(service.status().state).toBe('stopping')
    const again = await start(chain, deployed, { folder: service.folder })
    expect(again.status().payments).toBe(20)
  })

  test('behavior: a chain that does not answer does not hold it up', async () => {
    const line = await BadLine.start(chain.url)
    const { service } = await running({ rpcUrl: line.url })
    let release = () => {}
    line.hold(
      'eth_blockNumber',
      () =>
        new Promise<void>((resolve) => {
          release = resolve
        }),
    )
    const begun = line.calls.length
    await service.until(() => line.calls.length === begun)
    const startedMs = performance.now()
    await service.close()
    expect(performance.now() - startedMs).toBeLessThan(1500)
    release()
  })
})
