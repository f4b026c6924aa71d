import { describe, expect, test } from 'vitest'
import * as Execute from '../../../src/cost/Execute.ts'
import * as Networks from '../../../src/cost/Networks.ts'
import * as NewSlots from '../../../src/cost/NewSlots.ts'
import * as Profiles from '../../../src/cost/Profiles.ts'
import * as Rational from '../../../src/cost/Rational.ts'
import * as Rows from '../../../src/cost/Rows.ts'
import * as Workload from '../../../src/cost/Workload.ts'

const base = { seed: 1, signal: new AbortController().signal }

const slotsOf = async (name: string) => {
  const { life, settlement } = await NewSlots.measure(Execute.strategyNamed(name), base)
  const text = (list: typeof life) => list.map(({ unit, perUnit }) => `${Rational.format(perUnit, 6)} per ${unit}`)
  return { life: text(life), settlement: text(settlement) }
}

describe('measure', () => {
  test('behavior: counts what each way of settling stores for the first time', async () => {
    // An authorization has a nonce of its own to remember; a member of the clearing house has one slot, for life.
    expect(await slotsOf('transfer')).toEqual({ life: ['0 per payments'], settlement: ['0 per payments'] })
    expect(await slotsOf('authorization')).toEqual({ life: ['1 per payments'], settlement: ['1 per payments'] })
    expect(await slotsOf('clearing')).toEqual({
      // A deposit: the account's slot and the authorization's nonce.
      life: ['2 per payers', '1 per onlyPayees', '0 per payees'],
      settlement: ['0 per onlyPayees'],
    })
  })
})

describe('a network that charges more for new storage', () => {
  test('behavior: charges it per slot, and a direct transfer by its own schedule', async () => {
    const tempo = Profiles.named('tempo', Networks.all)
    const [price] = [Number(Networks.figure(tempo, 'gasPriceAttodollars').value) / 1e18]
    const workload = Workload.named('W1', { seed: 1, most: 1 })
    const strategies = ['transfer', 'authorization'].map(Execute.strategyNamed)
    const executions = await Execute.run({ ...base, strategies, workloads: [workload], progress: () => {} })
    const rows = Rows.priced([workload], Rows.sized(executions, [workload]), [tempo])
    const row = (strategy: string) => rows.find((one) => one.strategy === strategy && one.payments === 1)
    expect(row('transfer')?.usdPerPayment).toBeCloseTo(50_000 * price, 15)
    expect(row('authorization')?.usdPerPayment).toBeCloseTo(
      ((row('authorization')?.gasPerPayment ?? 0) + 230_000) * price,
      12,
    )
  })
})
