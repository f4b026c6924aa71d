/** `/metrics`: what happened is counted, and how things stand is said, in the form that Prometheus reads. */
import { expect, test } from 'vitest'
import { useChain } from '../support/Chain.ts'
import { listen } from '../support/Http.ts'
import { start } from '../support/Running.ts'

const chain = useChain()

test('behavior: payments, refusals, groups, settlements, money and the process', async () => {
  const service = await start(chain, await chain.deploy())
  const http = await listen(service)
  const [payer, shop] = [service.member('payer'), service.member('shop')]
  await service.fund(payer, 1000n)
  const { symbol } = service.deployment.dollar
  const figure = async (name: string): Promise<number> => {
    const { text, headers } = await http.get('/metrics')
    expect(headers['content-type']).toContain('text/plain; version=0.0.4')
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1),
    )
  }
  for (let i = 0; i < 3; i++) await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 10n }))
  await http.post('/v1/payments', payer.pay({ to: shop.address, amount: 5000n }))
  expect(await figure('sunledger_payments_accepted_total')).toBe(3)
  expect(await figure('sunledger_payments_refused_total{code="SL306"}')).toBe(1)
  expect(await figure('sunledger_accept_seconds_count')).toBe(4)
  expect(await figure(`sunledger_unsettled_atomic{asset="${symbol}"}`)).toBe(30)
  expect(await figure('sunledger_requests_total{route="pay",status="200"}')).toBe(3)
  expect(await figure('sunledger_requests_total{route="pay",status="402"}')).toBe(1)
  await service.settle()
  expect(await figure('sunledger_settlements_total')).toBe(1)
  expect(await figure('sunledger_settled_accounts_total')).toBe(2)
  expect(await figure('sunledger_settlement_gas_total')).toBeGreaterThan(21_000)
  expect(await figure(`sunledger_unsettled_atomic{asset="${symbol}"}`)).toBe(0)
  expect(await figure(`sunledger_held_atomic{asset="${symbol}"}`)).toBe(1000)
  expect(await figure('sunledger_commit_records_count')).toBeGreaterThanOrEqual(3)
  expect(await figure('sunledger_ready')).toBe(1)
  expect(await figure('process_resident_memory_bytes')).toBeGreaterThan(1e6)
})
