/** What tests of robots share: one payer with key 1, one payee with key 2, and a service that exists only in memory. */
import type { Receipt } from '../../../src/core/Payment.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { Robot, type RobotOptions } from '../../../src/sdk/Robot.ts'
import { FakeService, key } from './FakeService.ts'

const url = 'http://fake.example'
export const [payer, payee] = [Signature.addressOf(key(1)), Signature.addressOf(key(2))]

export const connect = (service: FakeService, options: Partial<RobotOptions> = {}): Promise<Robot> =>
  Robot.connect(url, { account: key(1), fetch: service.fetch, retryForMs: 2000, keep: false, ...options })

export const funded = (available = 1_000_000n): FakeService => {
  const service = new FakeService()
  service.account(payer).available = available
  return service
}

export const codes = (results: readonly PromiseSettledResult<Receipt>[]): string[] =>
  results.map((result) => (result.status === 'fulfilled' ? 'paid' : (result.reason as { code: string }).code))

export const payments = (service: FakeService) => service.requests.filter(({ path }) => path === '/v1/payments')
