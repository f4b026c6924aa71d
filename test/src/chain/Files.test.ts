/** The files of a data folder beside the journal: keys that nobody else may read, and where the contracts are. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as Deployment from '../../../src/chain/Deployment.ts'
import * as Keys from '../../../src/chain/Keys.ts'
import { folder } from '../support/Folder.ts'

const path = (content?: string): string => {
  const file = join(folder(), 'file.json')
  if (content !== undefined) writeFileSync(file, content)
  return file
}

const address = `0x${'ab'.repeat(20)}` as const
const token = { asset: address, name: 'Test Dollar', version: '1', symbol: 'tUSD', decimals: 6 }
const deployment: Deployment.Deployment = {
  chainId: 31337,
  genesisHash: `0x${'cd'.repeat(32)}`,
  clearingHouse: address,
  energyMeter: address,
  dollar: token,
  energyCredit: token,
  startBlock: 7n,
  local: true,
}

describe('keys', () => {
  test('behavior: come back as they were written, into a file that only its owner may read', () => {
    const [file, keys] = [path(), Keys.random()]
    Keys.write(file, keys)
    expect(Keys.read(file)).toEqual(keys)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('behavior: a simulation’s keys follow from its seed, the operator’s token never does', () => {
    const { operatorToken, ...keys } = Keys.simulated(1)
    const { operatorToken: other, ...same } = Keys.simulated(1)
    expect(same).toEqual(keys)
    expect(other).not.toBe(operatorToken)
    expect(Keys.simulated(2).credit).not.toBe(keys.credit)
    expect(new Set(Object.values(keys)).size).toBe(4)
  })

  test.each(['nothing', '{', '{}', '{"settlement":"secret"}'])(
    'error: SL506 for a file of %s, without saying a key',
    (text) => {
      const file = path(text === 'nothing' ? undefined : text)
      expect(() => Keys.read(file)).toThrow(/SL506/)
      expect(() => Keys.read(file)).not.toThrow(/secret/)
    },
  )
})

describe('a deployment', () => {
  test('behavior: comes back as it was written', () => {
    const file = path()
    Deployment.write(file, deployment)
    expect(Deployment.read(file)).toEqual(deployment)
    expect(JSON.parse(readFileSync(file, 'utf8')).startBlock).toBe('7')
  })

  test.each(['nothing', '{', '{}', '{"chainId":"1"}'])('error: SL505 for a file of %s, named', (text) => {
    const file = path(text === 'nothing' ? undefined : text)
    expect(() => Deployment.read(file)).toThrow(/SL505/)
    expect(() => Deployment.read(file)).toThrow(file)
  })
})
