/** `npm run deploy`, as a process, on a chain that exists and has a dollar: what it does, what it does not do twice, what it refuses. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { getVerificationInformation } from '@nomicfoundation/ignition-core'
import { describe, expect, test } from 'vitest'
import { clearingHouse } from '../../../src/chain/abi/ClearingHouse.ts'
import * as Deployment from '../../../src/chain/Deployment.ts'
import * as Keccak from '../../../src/crypto/Keccak.ts'
import * as Signature from '../../../src/crypto/Signature.ts'
import { useChain } from '../support/Chain.ts'
import * as Folder from '../support/Folder.ts'

const script = fileURLToPath(new URL('../../../scripts/deploy.ts', import.meta.url))
const folder = Folder.folder()
const chain = useChain()

const key = Keccak.ofText('deploy cold')
const cold = Signature.addressOf(key)
const addressOf = (role: string) => Signature.addressOf(Keccak.ofText(`deploy ${role}`))

const deploy = async (args: readonly string[], env: Record<string, string> = { SUNLEDGER_KEY: key }) => {
  const given = [script, '--rpc', chain.url, ...args]
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, given, { env: { ...process.env, ...env } })
    return { code: 0, stdout, stderr }
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string }
  }
}

/** A parameters file with a dollar of its own, and the cold key with coin. */
const prepare = async (name: string, changes: Record<string, string> = {}) => {
  const { deployment } = await chain.deploy()
  await chain.raw('hardhat_setBalance', cold, '0x33b2e3c9fd0803ce8000000')
  const file = join(folder, `${name}.json`)
  const own = {
    asset: deployment.dollar.asset,
    settlementKey: addressOf('settlement'),
    creditKey: addressOf('credit'),
    coldKey: cold,
    issuer: addressOf('issuer'),
    exitWindowSeconds: '7200',
    noticePeriodSeconds: '9000',
    ...changes,
  }
  writeFileSync(file, JSON.stringify({ salt: Keccak.ofText('salt'), confirmations: 1, Sunledger: own }))
  return { file, own, out: join(folder, name) }
}

const sent = () => chain.client.getTransactionCount({ address: cold })

describe('deploying to a chain that exists', () => {
  test('behavior: a dry run sends nothing; the first run deploys; the second changes nothing', async () => {
    const { file, own, out } = await prepare('fresh')
    const args = ['--parameters', file, '--out', out, '--json']
    const dry = await deploy([...args, '--dry-run'])
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, deployer: cold, dollar: { symbol: 'tUSD' } })
    expect(await sent()).toBe(0)

    const first = JSON.parse((await deploy(args)).stdout)
    expect(first.transactions).toBe(3)
    const deployment = Deployment.read(join(out, 'deployment.json'))
    await Deployment.verify(chain.client, deployment)
    expect(deployment).toMatchObject({ local: false, dollar: { asset: own.asset, name: 'Test Dollar', decimals: 6 } })
    const house = { address: deployment.clearingHouse, abi: clearingHouse.abi } as const
    const read = (functionName: 'settlementKey' | 'creditKey' | 'coldKey' | 'exitWindowSeconds') =>
      chain.client.readContract({ ...house, functionName })
    expect([(await read('settlementKey')).toString().toLowerCase(), await read('exitWindowSeconds')]).toEqual([
      own.settlementKey,
      7200n,
    ])
    for (const asset of [own.asset, deployment.energyCredit.asset] as const)
      expect(await chain.client.readContract({ ...house, functionName: 'isListed', args: [asset] })).toBe(true)

    const again = await deploy(args)
    expect(JSON.parse(again.stdout)).toEqual({ ...first, transactions: 0 })
    expect(await sent()).toBe(3)
    expect(dry.stdout + dry.stderr + again.stdout + again.stderr).not.toContain(key.slice(2))

    const verified: unknown[] = []
    for await (const one of getVerificationInformation(join(out, 'ignition'))) verified.push(one)
    expect(verified).toMatchObject([
      { contract: `contracts/clearing/ClearingHouse.sol:ClearingHouse`, address: expect.any(String) },
      { contract: `contracts/energy/EnergyMeter.sol:EnergyMeter`, constructorArgs: expect.any(Array) },
    ])
  }, 60_000)

  test('error: SL510 where the same contracts are there and the journal is not', async () => {
    const { file, out } = await prepare('twice')
    expect((await deploy(['--parameters', file, '--out', out])).code).toBe(0)
    expect(await deploy(['--parameters', file, '--out', `${out}-elsewhere`])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SL510'),
    })
  }, 60_000)

  test('error: where the folder has another chain’s deployment, or one that cannot be read, nothing is sent or written', async () => {
    const { file, out } = await prepare('other')
    const before = await sent()
    const { deployment } = await chain.deploy()
    mkdirSync(out)
    const path = join(out, 'deployment.json')
    for (const [genesisHash, code] of [
      [Keccak.ofText('another chain'), 'SL509'],
      ['none', 'SL505'],
    ] as const) {
      Deployment.write(path, { ...deployment, genesisHash: genesisHash as `0x${string}` })
      const kept = readFileSync(path, 'utf8')
      const refused = await deploy(['--parameters', file, '--out', out])
      expect([refused.code, readFileSync(path, 'utf8')]).toEqual([1, kept])
      expect(refused.stderr).toContain(code)
    }
    expect(await sent()).toBe(before)
  }, 60_000)

  test('error: SL511 for what cannot be deployed, SL512 for a key or an asset that do not fit', async () => {
    const zero = await prepare('zero', { creditKey: `0x${'0'.repeat(40)}` })
    expect((await deploy(['--parameters', zero.file])).stderr).toContain('SL511')
    expect((await deploy(['--parameters', join(folder, 'nowhere.json')])).stderr).toContain('SL511')
    const good = await prepare('good')
    const stranger = { SUNLEDGER_KEY: Keccak.ofText('a stranger') }
    expect((await deploy(['--parameters', good.file, '--dry-run'], stranger)).stderr).toContain('SL512')
    const empty = await prepare('empty', { asset: addressOf('nobody') })
    expect((await deploy(['--parameters', empty.file, '--dry-run'])).stderr).toContain('SL512')
  }, 60_000)

  test('error: a key that is missing or none is asked for and not repeated', async () => {
    const { file } = await prepare('keyless')
    const refused = await deploy(['--parameters', file], { SUNLEDGER_KEY: 'secret words' })
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('SL672: The key in SUNLEDGER_KEY') })
    expect(JSON.stringify(refused)).not.toContain('secret words')
    expect((await deploy(['--help'])).stdout).toContain('Usage: npm run -s deploy')
  })
})
