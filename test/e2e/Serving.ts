/**
 * A service as a process of its own, on contracts of its own, over a line to the chain that can be told when to do what: for tests that kill it,
 * or take its disk away.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import * as Client from '../../src/chain/Client.ts'
import * as Deployment from '../../src/chain/Deployment.ts'
import * as House from '../../src/chain/House.ts'
import * as Keys from '../../src/chain/Keys.ts'
import { replay } from '../../src/clearing/Replay.ts'
import { assetsOf } from '../../src/clearing/Service.ts'
import * as Gas from '../../src/cli/Gas.ts'
import * as Processes from '../../src/cli/Processes.ts'
import { files } from '../../src/cli/service.ts'
import * as Ledger from '../../src/core/Ledger.ts'
import * as Signature from '../../src/crypto/Signature.ts'
import * as Embedded from '../../src/store/Embedded.ts'
import * as BadLine from '../src/support/BadLine.ts'
import { folder as newFolder } from '../src/support/Folder.ts'
import { type Answer, ask } from '../src/support/Http.ts'
import * as Member from '../src/support/Member.ts'
import { deposit, domainOf } from '../src/support/Running.ts'

export const json = { 'content-type': 'application/json' }

/** A chain for one test file; the returned function starts a service on it, in a folder of its own or the one given. */
export const useServing = (): ((data?: string) => Promise<Serving>) => {
  let chain: Processes.Child
  beforeAll(async () => {
    chain = await Processes.start(['chain'])
  })
  afterAll(() => chain.stop())
  return (data = join(newFolder(), 'data')) => serve(chain, Client.create(chain.ready.url), data)
}

const serve = async (chain: Processes.Child, client: Client.Client, data: string) => {
  mkdirSync(data, { recursive: true })
  const keys = Keys.random()
  const deployment = await Deployment.deployLocal(client, keys, { exitWindowSeconds: 60n, noticePeriodSeconds: 60n })
  Deployment.write(files(data).deployment, deployment)
  Keys.write(files(data).keys, keys)
  const line = await BadLine.start(chain.ready.url)
  const args = [
    'service',
    '--rpc',
    line.url,
    '--data',
    data,
    '--manual-settlement',
    '--log-level',
    'silent',
    ...Gas.local,
  ]
  let child = await Processes.start(args)
  onTestFinished(() => child.stop())
  const post = (path: string, body: unknown): Promise<Answer> => {
    const headers = { ...json, authorization: `Bearer ${keys.operatorToken}` }
    return ask(child.ready.url + path, 'POST', headers, body)
  }
  const member = (name: string) => Member.create(name, { domain: domainOf(deployment), asset: deployment.dollar.asset })
  return {
    ...{ client, data, keys, deployment, line, post, member },
    get child() {
      return child
    },
    async again() {
      await child.ended
      child = await Processes.start(args)
    },
    async fund(of: Member.Member, amount: bigint) {
      await post('/v1/faucet', { to: of.address, amount })
      const { status } = await post('/v1/deposits', deposit({ deployment, keys }, of, amount))
      expect(status).toBe(200)
    },
    /** How many transactions the settlement key has on chain. */
    sent: () => client.getTransactionCount({ address: Signature.addressOf(keys.settlement) }),
    async ledger() {
      const journal = Embedded.read(data)
      const ledger = Ledger.create(assetsOf(deployment))
      replay(journal, ledger)
      journal.close()
      return ledger
    },
  }
}

export type Serving = Awaited<ReturnType<typeof serve>>

/** I13 for everybody whom the ledger knows. */
export const agree = async ({ client, ledger, deployment }: Serving): Promise<void> => {
  const kept = await ledger()
  const { asset } = deployment.dollar
  const accounts = [...kept.accounts.values()].filter((account) => account.asset === asset)
  const names = accounts.map(({ account }) => account)
  const slots = await House.slots(client, deployment.clearingHouse, asset, names, kept.block)
  expect(accounts.map(({ settled }) => ({ ...settled }))).toEqual(slots.map((slot) => ({ ...slot })))
}

export const settledOf = async ({ ledger, deployment }: Serving, of: Member.Member) =>
  Ledger.account(await ledger(), deployment.dollar.asset, of.address).settled
