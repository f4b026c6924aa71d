/** An operator sees that what was accepted does not get on chain, and why: no coin, another key, a chain that takes nothing. */
import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/clearing/Policy.ts'
import * as SettlementHealth from '../../../src/clearing/SettlementHealth.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { settled } from '../support/Agree.ts'
import { codeOf } from '../support/Book.ts'
import { houseCall, useChain } from '../support/Chain.ts'
import { listen } from '../support/Http.ts'
import { parties } from '../support/Parties.ts'
import { start } from '../support/Running.ts'

const chain = useChain()
const policy = { ...defaultPolicy, everyMs: 20 }
const running = parties(chain, { policy })

const enough = '0x8ac7230489e80000'

describe('settlement that does not proceed', () => {
  test('behavior: without coin: readiness, status and metrics say so, payments are accepted; with coin it goes on', async () => {
    const { service, payer, shop, pay, of } = await running()
    const http = await listen(service)
    const { settlementKey } = service.status()
    expect(await http.get('/readyz')).toMatchObject({ status: 200, text: '{"state":"ready","chain":"reachable"}' })
    await chain.raw('hardhat_setBalance', settlementKey, '0x0')
    await pay(payer, shop, 5n)
    await service.until(() => service.health().settlement.reasons.includes('refused'))
    await service.until(() => service.health().settlement.reasons.includes('coin'))
    expect(await http.get('/readyz')).toMatchObject({
      status: 503,
      body: { state: 'ready', chain: 'reachable', settlement: { reasons: ['coin', 'refused'], code: 'SL507' } },
    })
    const { settlement } = (await http.get('/v1/status')).body as { settlement: { failures: number } }
    expect(settlement.failures).toBeGreaterThanOrEqual(2)
    const metrics = (await http.get('/metrics')).text
    expect(metrics).toMatch(/^sunledger_ready 0$/m)
    expect(metrics).toMatch(/^sunledger_settlement_proceeds 0$/m)
    expect(metrics).toMatch(/^sunledger_settlement_failures [1-9]/m)
    expect(metrics).toMatch(/^sunledger_coin_wei\{key="settlement"\} 0$/m)
    // Payments go on.
    expect((await pay(payer, shop, 5n)).payment.total).toBe(10n)

    await chain.raw('hardhat_setBalance', settlementKey, enough)
    await service.until(() => of(shop).settled.credited === 10n)
    await service.until(async () => (await http.get('/readyz')).status === 200)
    await service.until(() => service.health().settlement.oldestSeconds === null)
    expect(service.health().settlement).toMatchObject({ failures: 0, code: null })
    expect(service.health().settlement.lastAtMs).toBeGreaterThan(0)
    const told = service.complaints.filter((line) => /^settlement (does not proceed|proceeds again)/.test(line))
    expect([told[0], told.at(-1)]).toEqual([
      expect.stringMatching(/does not proceed.*(coin|refused)/),
      expect.stringMatching(/proceeds again/),
    ])
    await settled(chain, service)
  }, 60_000)

  test('error: SL520 where the contract takes settlements of another key, before anything is accepted', async () => {
    const deployed = await chain.deploy()
    const keys = { ...deployed.keys, settlement: Keccak.ofText('another settlement key') }
    expect(await codeOf(start(chain, { ...deployed, keys }))).toBe('SL520')
  })

  test('behavior: a settlement key that is replaced under a running service: named, and payments go on', async () => {
    const { deployed, service, payer, shop, pay, house } = await running()
    const { keys } = deployed
    const [credit, cold] = [keys.credit, keys.cold].map(Signature.addressOf)
    const other = Signature.addressOf(Keccak.ofText('another settlement key'))
    await chain.senderOf(keys.cold).send(houseCall(house, 'replaceKeys', [other, credit, cold]))
    expect((await pay(payer, shop, 5n)).payment.total).toBe(5n)
    await service.until(() => service.health().settlement.reasons.includes('key'))
    await service.until(() => service.health().settlement.reasons.includes('refused'))
    expect(service.health().settlement.code).toBe('SL504')
    expect((await pay(payer, shop, 5n)).payment.total).toBe(10n)
  })
})

describe('what is seen of settlement', () => {
  const done = { transactions: ['sent'] }

  const seen = () => {
    const at = { nowMs: 1_000_000, coin: 10n as bigint | null, cost: 5n as bigint | undefined }
    const health = SettlementHealth.create({
      coinWei: () => ({ settlement: at.coin, issuer: null }),
      costWei: () => at.cost,
      isOurKey: () => true,
      wallMs: () => 1_700_000_000_000,
      nowMs: () => at.nowMs,
    })
    return { at, health }
  }

  test('behavior: one failure is none: a block may have been replaced', async () => {
    const { health } = seen()
    const fail = () => health.watch(() => Promise.reject(new Error('no'))).catch(() => {})
    await fail()
    expect(health.view()).toMatchObject({ reasons: [], failures: 1, code: 'SL607' })
    await fail()
    expect(health.view()).toMatchObject({ reasons: ['refused'], failures: 2 })
    // Nothing was worth it, or the share of the coin was spent: that shows nothing.
    health.leftOut(1_000_000)
    await health.watch(async () => ({ transactions: [] }))
    expect(health.view()).toMatchObject({ reasons: ['refused'], failures: 2, lastAtMs: null })
    await health.watch(async () => done)
    expect(health.view()).toMatchObject({ reasons: [], failures: 0, code: null, lastAtMs: 1_700_000_000_000 })
  })

  test('behavior: coin that does not pay the next settlement is named before it fails', () => {
    const { at, health } = seen()
    at.cost = 11n
    expect(health.view().reasons).toEqual(['coin'])
    at.coin = 0n
    at.cost = undefined
    expect(health.view().reasons).toEqual(['coin'])
    at.coin = null
    expect(health.view().reasons).toEqual([])
  })

  test('behavior: a settlement that hangs is named while it does', async () => {
    const { at, health } = seen()
    let end = () => {}
    const hanging = health.watch(
      () =>
        new Promise<typeof done>((resolve) => {
          end = () => resolve(done)
        }),
    )
    at.nowMs += 59_999
    expect(health.view().reasons).toEqual([])
    at.nowMs += 1
    expect(health.view().reasons).toEqual(['stuck'])
    end()
    await hanging
    expect(health.view().reasons).toEqual([])
  })

  test('behavior: the oldest money is as old as what came first after the last settlement began, or was left out of it', async () => {
    const { at, health } = seen()
    expect(health.view().oldestSeconds).toBe(null)
    health.observe(true)
    at.nowMs += 30_000
    health.observe(true)
    expect(health.view().oldestSeconds).toBe(30)
    await health.watch(async () => {
      at.nowMs += 2_000
      return done
    })
    health.observe(true)
    expect(health.view().oldestSeconds).toBe(2)
    health.leftOut(1_000_000)
    await health.watch(async () => done)
    expect(health.view().oldestSeconds).toBe(32)
    health.observe(false)
    expect(health.view().oldestSeconds).toBe(null)
  })
})
