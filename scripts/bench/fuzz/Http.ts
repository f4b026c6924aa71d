/** Requests of every kind against a real service, a process of its own; and what must not be: a fault of ours, a hang, growing memory, a changed ledger. */
import * as Wire from '../../../src/core/Wire.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as OpenApi from '../../../src/http/OpenApi.ts'
import { routes } from '../../../src/http/Routes.ts'
import * as Output from '../Output.ts'
import * as Place from '../Place.ts'
import * as Routes from './Routes.ts'
import * as Samples from './Samples.ts'

export interface Fuzzed {
  readonly name: 'routes'
  readonly cases: number
  readonly taken: number
  readonly refused: number
  readonly faults: readonly string[]
  readonly faulty: number
  readonly slowestMs: number
  /** Of the service's resident memory, from a quarter of the cases to the end. */
  readonly growthBytes: number
  readonly isLedgerChanged: boolean
  readonly isServiceRestarted: boolean
  readonly outcomes: Routes.Findings['outcomes']
}

/** What the collector has not given back yet may swing by this much. */
const mostGrowthBytes = 96 * 2 ** 20

const withoutBlock = (ledger: string): string => ledger.replace(/^block \d+/, '')

/** One accepted payment as it was sent, and what can be asked about it. */
const prepare = async (place: Place.Place) => {
  const robot = await Place.robot(place, Keccak.ofText('fuzzed robot'), '10')
  const shop = await Place.robot(place, Keccak.ofText('fuzzed shop'), '1')
  const { payment } = await robot.pay({ to: shop.address, amount: '0.5', for: 'a sample' })
  await place.client.settle(place.token)
  const { id: _, payer: __, ...sent } = payment
  const body = JSON.parse(Wire.stringify(sent)) as object
  await robot.close()
  await shop.close()
  return Samples.from(place.deployment, body, robot.address)
}

const sumOf = ({ outcomes }: Routes.Findings, isIt: (outcome: string) => boolean): number =>
  Object.values(outcomes)
    .flatMap((counts) => Object.entries(counts))
    .reduce((sum, [outcome, count]) => sum + (isIt(outcome) ? count : 0), 0)

export const isBad = (fuzzed: Fuzzed): boolean =>
  fuzzed.faulty > 0 || fuzzed.isLedgerChanged || fuzzed.isServiceRestarted || fuzzed.growthBytes > mostGrowthBytes

export const run = async (cases: number, seed: number): Promise<Fuzzed> => {
  const place = await Place.open(Output.say)
  try {
    const samples = await prepare(place)
    const before = withoutBlock(await place.ledger())
    const pid = place.servicePid()
    const memory = () => place.metric('process_resident_memory_bytes').catch(() => 0)
    let warmBytes = 0
    const world = { seed, document: OpenApi.from(routes), samples, token: place.token }
    const findings = await Routes.run(place.url, world, cases, (done) => {
      if (done % 10_000 === 0) Output.say(`${Output.grouped(done)} of ${Output.grouped(cases)} requests`)
      if (done >= cases / 4 && warmBytes === 0)
        void memory().then((bytes) => {
          warmBytes ||= bytes
        })
    })
    return {
      name: 'routes',
      cases,
      taken: sumOf(findings, (outcome) => outcome < '4'),
      refused: sumOf(findings, (outcome) => outcome >= '4'),
      faults: findings.faults,
      faulty: findings.faults.length,
      slowestMs: findings.slowestMs,
      growthBytes: warmBytes === 0 ? 0 : (await memory()) - warmBytes,
      isLedgerChanged: withoutBlock(await place.ledger()) !== before,
      isServiceRestarted: place.servicePid() !== pid,
      outcomes: findings.outcomes,
    }
  } finally {
    await place.stop()
  }
}
