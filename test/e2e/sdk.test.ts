/** The SDK against a real chain and service: what a robot's owner, a charging station and a solar producer do. */
import { Wallet } from 'ethers'
import { createPublicClient, erc20Abi, http } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { approveMeter, Client, Digest, Meter, Receipt, type Robot } from '../../src/index.ts'
import { code, connect, funded, keys, network, useNetwork } from './Local.ts'

let client: Client
useNetwork(2)
beforeAll(() => {
  client = new Client(network.url)
})

const tokens = (of: Robot): Promise<bigint> => {
  const chain = createPublicClient({ transport: http(network.rpcUrl) })
  const { asset } = of.deployment.dollar
  return chain.readContract({ address: asset, abi: erc20Abi, functionName: 'balanceOf', args: [of.address] })
}

describe('paying', () => {
  test.each([
    ['a viem account', () => privateKeyToAccount(generatePrivateKey())],
    ['an ethers signer', () => Wallet.createRandom()],
    ['a private key', () => generatePrivateKey()],
  ])('behavior: %s deposits, pays, is paid and withdraws', async (_, account) => {
    const [robot, charger] = await Promise.all([connect({ account: account() }), connect({ account: account() })])
    await robot.deposit('5.00')
    const receipt = await robot.pay({ to: charger.address, amount: '0.000125', for: 'https://charger.example/42' })
    await charger.pay({ to: robot.address, amount: 25n })
    expect((await robot.balance()).text).toMatchObject({ available: '4.9999' })
    expect((await charger.balance()).available).toBe(100n)
    const { chainId, clearingHouse, creditKey } = await client.status()
    const text = Receipt.format(receipt)
    const expected = { payee: charger.address, payer: robot.address, minimum: '0.000125' }
    expect(Receipt.verify(Receipt.parse(text), { chainId, clearingHouse, creditKey, ...expected })).toMatchObject({
      amount: 125n,
    })
    await charger.withdraw(100n)
    expect(await tokens(charger)).toBe(100n)
    expect((await charger.balance()).available).toBe(0n)
  })

  test('behavior: 50 payments at once are each charged once', async () => {
    const [robot, charger] = await Promise.all([funded('1'), connect()])
    const receipts = await Promise.all(
      Array.from({ length: 50 }, () => robot.pay({ to: charger.address, amount: 10n })),
    )
    expect(new Set(receipts.map(({ payment }) => payment.id)).size).toBe(50)
    expect((await robot.balance()).available).toBe(999_500n)
    const earned = await charger.balance()
    expect(earned.unsettledCredit + earned.settled).toBe(500n)
  })

  test('error: one that is refused in the middle leaves the others charged once', async () => {
    const [robot, charger] = await Promise.all([funded('1'), connect()])
    const amounts = Array.from({ length: 50 }, (_, i) => (i === 20 || i === 30 ? 5_000_000n : 10n))
    const results = await Promise.allSettled(amounts.map((amount) => robot.pay({ to: charger.address, amount })))
    expect(results.map(code)).toEqual(amounts.map((amount) => (amount === 10n ? 'paid' : 'SL306')))
    expect((await robot.balance()).available).toBe(1_000_000n - 480n)
  })

  test('behavior: the same purchase is charged once, by one robot or by a copy of it', async () => {
    const account = generatePrivateKey()
    const [robot, charger] = await Promise.all([funded('1', { account }), connect()])
    const purchase = { to: charger.address, amount: 7n, for: 'https://charger.example/1', key: 'k' }
    const receipt = await robot.pay(purchase)
    const copy = await connect({ account })
    const again = await Promise.all([
      copy.pay({ to: charger.address, amount: 1n }),
      copy.pay(purchase),
      copy.pay({ to: charger.address, amount: 1n }),
    ])
    expect(again[1]).toEqual(receipt)
    await expect(robot.pay({ ...purchase, amount: 8n })).rejects.toMatchObject({ code: 'SL313' })
    expect((await robot.balance()).available).toBe(1_000_000n - 9n)
  })

  test('behavior: incoming money is spendable at once, along a chain of robots', async () => {
    const robots = [await funded('0.001'), ...(await Promise.all(Array.from({ length: 5 }, () => connect())))]
    for (const [i, robot] of robots.slice(0, -1).entries())
      await robot.pay({ to: (robots[i + 1] as Robot).address, amount: 1000n })
    expect((await (robots[5] as Robot).balance()).available).toBe(1000n)
    expect((await (robots[0] as Robot).balance()).available).toBe(0n)
  })
})

describe('being paid', () => {
  test('behavior: payments come live, each with its proof, none missing and none twice', async () => {
    const [robot, charger] = await Promise.all([funded('1'), connect()])
    await robot.pay({ to: charger.address, amount: 1n })
    const got: bigint[] = []
    const reading = (async () => {
      for await (const { amount, payer, receipt } of charger.payments()) {
        expect(payer).toBe(robot.address)
        expect(Receipt.verify(receipt, { ...charger.deployment.trust, payee: charger.address }).amount).toBe(amount)
        if (got.push(amount) === 30) break
      }
    })()
    for (let i = 2n; i <= 30n; i++) await robot.pay({ to: charger.address, amount: i })
    await reading
    expect(got).toEqual(Array.from({ length: 30 }, (_, i) => BigInt(i + 1)))
    // The next call goes on where this one left off.
    await robot.pay({ to: charger.address, amount: 31n })
    for await (const { amount } of charger.payments()) {
      expect(amount).toBe(31n)
      break
    }
  })

  test('behavior: a till takes a receipt once, without asking the service', async () => {
    const [robot, charger] = await Promise.all([funded('1'), connect()])
    const till = await charger.till()
    const reference = Digest.reference('https://charger.example/7', 'k')
    const receipt = await robot.pay({ to: charger.address, amount: 5n, for: 'https://charger.example/7', key: 'k' })
    expect(till.accept(receipt, { minimum: 5n, reference, payer: robot.address }).to).toBe(5n)
    expect(() => till.accept(receipt)).toThrow('SL652')
  })

  test('behavior: the statement lists both directions, page by page, and what is settled', async () => {
    const [robot, charger] = await Promise.all([funded('1'), connect()])
    for (let i = 1n; i <= 5n; i++) await robot.pay({ to: charger.address, amount: i })
    await charger.pay({ to: robot.address, amount: 3n })
    await client.settle(keys.operatorToken)
    const lines = []
    let after: number | undefined
    do {
      const page = await robot.statement({ limit: 4, ...(after === undefined ? {} : { after }) })
      lines.push(...page.lines)
      after = page.next ?? undefined
    } while (after !== undefined)
    expect(lines.map(({ direction, amount, total, settled }) => [direction, amount, total, settled])).toEqual([
      ['out', 1n, 1n, true],
      ['out', 2n, 3n, true],
      ['out', 3n, 6n, true],
      ['out', 4n, 10n, true],
      ['out', 5n, 15n, true],
      ['in', 3n, 3n, true],
    ])
    expect(await robot.balance()).toMatchObject({ settled: 999_988n, unsettledDebit: 0n, unsettledCredit: 0n })
  })
})

describe('energy', () => {
  test('behavior: a meter’s production becomes credits that are sold against dollars, both or neither', async () => {
    const ownerKey = generatePrivateKey()
    const [producer, site] = await Promise.all([connect({ account: ownerKey }), funded('1')])
    const status = await client.status()
    const meter = await Meter.open(generatePrivateKey(), status)
    const word = Digest.reference('region', 'vintage')
    const device = {
      meter: meter.address,
      kind: 1,
      capacityWatts: 1_000_000n,
      marginBps: 1000,
      region: word,
      vintage: word,
    } as const
    const start = { startMilliWh: 0n, startComputeUnits: 0n }
    const request = await approveMeter(ownerKey, status, { ...device, ...start, delivery: { toClearing: true } })
    await client.approveMeter(request, keys.operatorToken)
    // Production cannot exceed capacity × time, and the chain's clock may be a little behind: let some time pass.
    await new Promise((resolve) => setTimeout(resolve, 4100))
    const timestamp = (await client.status()).nowSeconds - 3n
    expect(await client.submit([await meter.read({ timestamp, energyMilliWh: 100_000n })])).toBeGreaterThan(0)
    // The service may settle it by itself just before: what counts is the balance.
    await client.settle(keys.operatorToken)
    const { energyCredit } = producer.deployment
    expect((await producer.balance({ asset: energyCredit.asset })).text.available).toBe('0.1')

    const terms = producer.saleTerms({ seller: producer.address, buyer: site.address, credits: '0.05', price: '0.002' })
    const [sold, bought] = await Promise.all([producer.sell(terms), site.buy(terms)])
    expect([sold.payment.amount, bought.payment.amount]).toEqual([50_000n, 2000n])
    expect((await site.balance({ asset: energyCredit.asset })).text.available).toBe('0.05')
    expect((await producer.balance()).text.available).toBe('0.002')

    const tooMuch = producer.saleTerms({ seller: producer.address, buyer: site.address, credits: '1', price: '0.002' })
    expect((await Promise.allSettled([producer.sell(tooMuch), site.buy(tooMuch)])).map(code)).toEqual([
      'SL306',
      'SL316',
    ])
    const alone = producer.saleTerms({ seller: producer.address, buyer: site.address, credits: '0.01', price: '0.001' })
    await expect(site.buy(alone)).rejects.toMatchObject({ code: 'SL314' })
    await expect(site.sell(alone)).rejects.toMatchObject({ code: 'SL315' })
    expect((await site.pay({ to: producer.address, amount: 1n })).payment.total).toBe(2001n)
  })
})

describe('leaving', () => {
  test('behavior: an owner takes money out, the robot’s key can only pay', async () => {
    const [robot, charger] = await Promise.all([funded('1'), connect()])
    const owner = privateKeyToAccount(generatePrivateKey())
    await robot.bindOwner(owner.address)
    await expect(robot.withdraw('0.5')).rejects.toMatchObject({ code: 'SL659' })
    await expect(robot.exit()).rejects.toMatchObject({ code: 'SL659' })
    await robot.pay({ to: charger.address, amount: 1n })
    await robot.withdraw('0.5', { owner, to: robot.address })
    expect(await tokens(robot)).toBe(500_000n)
    await robot.deposit('0.25', { faucet: false })
    expect((await robot.balance()).available).toBe(749_999n)
    const next = privateKeyToAccount(generatePrivateKey())
    await expect(robot.bindOwner(next.address)).rejects.toMatchObject({ code: 'SL659' })
    await robot.bindOwner(next.address, { by: owner })
    await expect(robot.withdraw('0.1', { owner })).rejects.toMatchObject({ code: 'SL659' })
  })

  test('error: a deposit that expects another owner fails on chain, and costs nothing', async () => {
    const robot = await connect()
    const owner = privateKeyToAccount(generatePrivateKey()).address.toLowerCase() as `0x${string}`
    await expect(robot.deposit('1', { owner })).rejects.toMatchObject({ name: 'ServiceError' })
    expect(await tokens(robot)).toBe(1_000_000n)
    expect((await robot.balance()).available).toBe(0n)
  })

  test('behavior: somebody else’s wallet fills a robot’s account', async () => {
    const [robot, household] = await Promise.all([connect(), Promise.resolve(generatePrivateKey())])
    await robot.deposit('2', { from: household })
    expect((await robot.balance()).text.available).toBe('2')
    expect(await tokens(robot)).toBe(0n)
  })

  test('behavior: who asks to exit pays nothing more, and is still paid', async () => {
    const [robot, charger] = await Promise.all([funded('1'), funded('1')])
    await robot.exit()
    await expect(robot.pay({ to: charger.address, amount: 1n })).rejects.toMatchObject({ code: 'SL308' })
    expect((await robot.balance()).available).toBe(0n)
    await charger.pay({ to: robot.address, amount: 1n })
  })

  test('error: more than there is', async () => {
    const robot = await funded('1')
    await expect(robot.withdraw('1.000001')).rejects.toMatchObject({ name: 'ServiceError' })
    expect((await robot.balance()).available).toBe(1_000_000n)
  })
})
