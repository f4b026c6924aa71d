/**
 * Where `bench recovery --damage` happens: one chain for all rounds, services as real processes on folders with the same journal, a payer,
 * and a record of every payment that was acknowledged, kept apart from all of them.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as soon } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import * as ChainClient from '../../../src/chain/Client.ts'
import * as Deployment from '../../../src/chain/Deployment.ts'
import * as Keys from '../../../src/chain/Keys.ts'
import * as Processes from '../../../src/cli/Processes.ts'
import * as Scratch from '../../../src/cli/Scratch.ts'
import { files } from '../../../src/cli/service.ts'
import type { SunledgerError } from '../../../src/core/Errors.ts'
import type { Address, Hex, PaymentRequest } from '../../../src/core/Payment.ts'
import * as Digest from '../../../src/crypto/Digest.ts'
import { Client } from '../../../src/sdk/Client.ts'
import { Robot } from '../../../src/sdk/Robot.ts'
import * as Member from '../../../test/src/support/Member.ts'

/** A payment whose receipt somebody holds. */
export interface Acknowledged {
  readonly id: Hex
  readonly total: bigint
  readonly payee: Address
  readonly amount: bigint
  readonly reference: Hex
}

/** A service that runs, or why it does not. */
export type Started =
  | { readonly child: Processes.Child; readonly client: Client }
  | { readonly refusal: SunledgerError }

export interface World {
  /** The folder of the journal that lives on; copies of it are damaged. */
  readonly data: string
  readonly payer: Member.Member
  readonly acknowledged: Acknowledged[]
  /** A folder for a copy; gone at the end. */
  place(name: string): string
  copy(from: string, to: string): void
  /** @param fence left out: the usual one, which the living journal has */
  start(data: string, fence?: string): Promise<Started>
  /** Pays so many, in groups, and records what is acknowledged; resolves with how many, and the code that ended it. */
  pay(client: Client, many: number): Promise<{ readonly paid: number; readonly code?: string }>
  kill(child: Processes.Child): Promise<void>
  /** What the wall clock of services that start from now on is ahead. */
  clock(offsetMs: number | undefined): void
  /** Payments that were acknowledged in all, to copies too. */
  count(): number
  /** Does something to a copy, and takes chain, payer and record back to where they were. */
  undone<T>(act: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

const groupSize = 7

const payments = (payer: Member.Member, many: number): PaymentRequest[] =>
  Array.from({ length: many }, (_, i) =>
    payer.pay({ to: `0x${(1 + (i % 20)).toString(16).padStart(40, '0')}`, amount: 1n }),
  )

/** @param many payments in the journal before the first round */
export const create = async (many: number): Promise<World> => {
  const base = Scratch.folder()
  const before = { XDG_STATE_HOME: process.env['XDG_STATE_HOME'], NODE_OPTIONS: process.env['NODE_OPTIONS'] }
  process.env['XDG_STATE_HOME'] = join(base, 'state')
  const clockFile = join(base, 'clock')
  const data = join(base, 'data')
  mkdirSync(data)
  const chain = await Processes.start(['chain'])
  const node = ChainClient.create(chain.ready.url)
  const keys = Keys.random()
  const deployment = await Deployment.deployLocal(node, keys, { exitWindowSeconds: 60n, noticePeriodSeconds: 60n })
  Deployment.write(files(data).deployment, deployment)
  Keys.write(files(data).keys, keys)
  const domain = Digest.domain(deployment.chainId, deployment.clearingHouse)
  const payer = Member.create('payer', { domain, asset: deployment.dollar.asset })
  const acknowledged: Acknowledged[] = []
  let counted = 0
  const rpc = (method: string, params: readonly unknown[] = []): Promise<unknown> =>
    node.request({ method, params } as never)

  const start = async (folder: string, fence?: string): Promise<Started> => {
    const args = ['service', '--rpc', chain.ready.url, '--data', folder, '--manual-settlement', '--threads', '0']
    args.push('--snapshot-every', '20000', '--log-level', 'silent', ...(fence === undefined ? [] : ['--fence', fence]))
    try {
      const child = await Processes.start(args)
      return { child, client: new Client(child.ready.url) }
    } catch (error) {
      if (error instanceof Processes.ProcessRefusedError) return { refusal: error }
      throw error
    }
  }

  const pay = async (client: Client, count: number) => {
    let paid = 0
    while (paid < count) {
      const requests = payments(payer, Math.min(count - paid, count > 1000 ? 1000 : groupSize))
      let answers: Awaited<ReturnType<Client['pay']>>
      try {
        answers = await client.pay(requests)
      } catch (error) {
        payer.back(requests.length)
        return { paid, code: (error as { code?: string }).code ?? 'none' }
      }
      for (const [i, answer] of answers.entries()) {
        if (!('payment' in answer)) {
          payer.back(requests.length - i)
          return { paid, code: answer.code }
        }
        const { id, total, payee, amount, reference } = answer.payment
        acknowledged.push({ id, total, payee, amount, reference })
        counted++
        paid++
      }
    }
    return { paid }
  }

  const kill = async (child: Processes.Child): Promise<void> => {
    process.kill(child.pid, 'SIGKILL')
    await child.ended
  }

  const first = await start(data)
  if ('refusal' in first) throw first.refusal
  const robot = await Robot.connect(first.child.ready.url, { account: payer.key, keep: false })
  await robot.deposit('1000000')
  await robot.close()
  const { paid, code } = await pay(first.client, many)
  if (paid < many) throw new Error(`the first payments were refused: ${code}`)
  // Index and snapshots are written beside.
  if (many > 1000) await soon(3000)
  await first.child.stop()

  return {
    ...{ data, payer, acknowledged, start, pay, kill },
    count: () => counted,
    place: (name) => {
      const path = join(base, name)
      rmSync(path, { recursive: true, force: true })
      return path
    },
    copy(from, to) {
      rmSync(to, { recursive: true, force: true })
      cpSync(from, to, { recursive: true })
    },
    clock(offsetMs) {
      if (offsetMs === undefined) delete process.env['NODE_OPTIONS']
      else {
        writeFileSync(clockFile, String(offsetMs))
        process.env['SUNLEDGER_CLOCK'] = clockFile
        process.env['NODE_OPTIONS'] = `--import=${pathToFileURL(join(import.meta.dirname, 'clock.ts')).href}`
      }
    },
    async undone(act) {
      const snapshot = await rpc('evm_snapshot')
      const [{ length }, mark] = [acknowledged, payer.mark()]
      try {
        return await act()
      } finally {
        acknowledged.length = length
        payer.reset(mark)
        await rpc('evm_revert', [snapshot])
      }
    },
    async close() {
      await chain.stop()
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      Scratch.remove(base)
    },
  }
}
