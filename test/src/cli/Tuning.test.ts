/** What `serve` is told arrives in the service's own process as it was meant. */
import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import * as Limits from '../../../src/cli/Limits.ts'
import * as Tuning from '../../../src/cli/Tuning.ts'

const read = (args: readonly string[]): Limits.Flags & Tuning.Flags => {
  const command = Tuning.add(Limits.add(new Command(), 0))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  return command.parse([...args], { from: 'user' }).opts()
}

describe('flags that serve passes on', () => {
  test.each([
    [[]],
    [['--dear-gas', '0.05', '--most-delay', '60', '--rpc-timeout', '5000', '--snapshot-every', '1000']],
    [['--dear-gas', '20', '--most-wait', '250', '--max-pending', '7', '--payments-per-account', '9']],
  ])('behavior: %j', (given) => {
    const flags = read(given)
    expect(read([...Limits.args(flags), ...Tuning.args(flags)])).toEqual(flags)
  })

  test('behavior: gas is told in gwei, to the wei', () => {
    expect(read(['--dear-gas', '0.000000001']).dearGas).toBe(1n)
    expect(read(['--dear-gas', '12.5']).dearGas).toBe(12_500_000_000n)
  })

  test.each(['x', '-1', '1e3', '0.0000000001', ''])('error: a price of %j', (price) => {
    expect(() => read([`--dear-gas=${price}`])).toThrow('gwei')
  })

  test.each([
    ['--most-delay', '-1'],
    ['--rpc-timeout', '0'],
    ['--snapshot-every', 'many'],
  ])('error: %s %s', (flag, value) => {
    expect(() => read([`${flag}=${value}`])).toThrow('whole number')
  })
})
