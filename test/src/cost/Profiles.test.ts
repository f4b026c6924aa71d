import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as Networks from '../../../src/cost/Networks.ts'
import * as Profiles from '../../../src/cost/Profiles.ts'
import { folder } from '../support/Folder.ts'

const file = (content: unknown): string => {
  const path = join(folder(), 'networks.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const value = (networks: readonly Networks.Network[], network: string, name: string) =>
  Networks.figure(Profiles.named(network, networks), name).value

describe('withSettings', () => {
  test('behavior: sets single figures; a gas price is all that a gas costs', () => {
    const set = Profiles.withSettings(Networks.all, ['base.gasPriceGwei=0.01', 'ethereum.tokenUsd=3000'])
    expect([value(set, 'base', 'baseFeeGwei'), value(set, 'base', 'tipGwei')]).toEqual(['0.01', '0'])
    expect(value(set, 'ethereum', 'tokenUsd')).toBe('3000')
    expect(Profiles.named('base', set).figures['baseFeeGwei']).toMatchObject({
      basis: 'assumed',
      source: 'given for this run',
    })
  })

  test('error: what is no setting, no network, no figure, or too fine', () => {
    const set = (setting: string) => () => Profiles.withSettings(Networks.all, [setting])
    expect(set('base.gasPriceGwei')).toThrow('SL730')
    expect(set('base.gasPriceGwei=-1')).toThrow('SL730')
    expect(set('basis.gasPriceGwei=1')).toThrow('SL729')
    expect(set('base.gasPrice=1')).toThrow('SL722')
    expect(set('base.gasPriceGwei=0.0000000001')).toThrow('SL723')
  })
})

describe('withFile', () => {
  test('behavior: overrides figures, and adds a network of one’s own', () => {
    const figure = { unit: 'x', basis: 'assumed', date: '2026-01-01', source: 'somewhere' }
    const mine = {
      title: 'Mine',
      rule: 'dollarGas',
      figures: { gasPriceAttodollars: { ...figure, value: '5' }, blockSeconds: { ...figure, value: '1' } },
    }
    const networks = Profiles.withFile(Networks.all, file({ base: { baseFeeGwei: '0.02' }, mine }))
    expect(value(networks, 'base', 'baseFeeGwei')).toBe('0.02')
    expect(Networks.fee(Profiles.named('mine', networks), { gas: 3n, flzSize: 0 }).totalWei).toBe(15n)
  })

  test('error: no file, no JSON, an unknown figure, a network that gives no fee', () => {
    const read = (content: unknown) => () => Profiles.withFile(Networks.all, file(content))
    expect(() => Profiles.withFile(Networks.all, '/no/such.json')).toThrow('SL732')
    expect(read('{')).toThrow('SL732')
    expect(read({ base: { gas: '1' } })).toThrow('SL732')
    expect(read({ nowhere: { gas: '1' } })).toThrow('SL732')
    expect(read({ mine: { title: 'Mine', rule: 'ethereum', figures: {} } })).toThrow('SL732')
  })
})
