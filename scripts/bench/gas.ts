/**
 * `bench gas`: what each operation of the contracts costs, from real transactions on the local chain (Osaka), beside its floor (the sum of
 * what the gas schedule charges for the parts it cannot do without) and its peer.
 */

import * as Usage from '../../src/cli/Usage.ts'
import * as Floor from './gas/Floor.ts'
import * as Floors from './gas/Floors.ts'
import * as Growth from './gas/Growth.ts'
import * as Lab from './gas/Lab.ts'
import * as Operations from './gas/Operations.ts'
import * as Peers from './gas/Peers.ts'
import * as Snapshot from './gas/Snapshot.ts'
import { notes, obstacles, targets } from './gas/Targets.ts'
import type { RunOptions } from './Output.ts'
import * as Output from './Output.ts'

export const help = `Usage: npm run -s bench -- gas [--snapshot] [--json]

  --snapshot  write what was measured to test/fixtures/gas.json, which the tests hold the contracts to
  --json      one JSON document: operations, growth, peers

Gas is measured on a local chain (Osaka) in steady state: slots are not zero before, a batch has 100 entries unless the name says
otherwise. A floor counts transactions, calldata, signatures, storage, events and calls, and no computing.
`

const rowOf = (operation: Operations.Operation, peer: Peers.Peer) => {
  const gas = Operations.gasOf(operation)
  const { gas: floorGas, parts } = Floors.of(operation)
  const targetGas = targets[operation.name] as number
  const missed = gas <= targetGas ? {} : { standsBetween: obstacles[operation.name] }
  const note = notes[operation.name] === undefined ? {} : { note: notes[operation.name] }
  const measured = { name: operation.name, gas, basis: 'measured' as const, ...note }
  return { ...measured, targetGas, floorGas, floor: parts, peer, ...missed }
}

type Row = ReturnType<typeof rowOf>

const whole = (gas: number): string => Output.grouped(Math.round(gas))

const text = (rows: readonly Row[], growth: readonly Growth.Row[]): string => {
  const operations = Output.table(
    ['', 'gas', 'target', 'floor', 'peer', 'which', 'basis'],
    rows.map(({ name, gas, targetGas, floorGas, peer }) => [
      name,
      whole(gas),
      `${gas <= targetGas ? '' : 'missed '}${whole(targetGas)}`,
      whole(floorGas),
      whole(peer.gas),
      peer.name,
      peer.basis,
    ]),
    [1, 2, 3, 4],
  )
  const missed = rows.flatMap(({ name, standsBetween }) =>
    standsBetween === undefined ? [] : [`${name} is above its target: ${standsBetween}.`],
  )
  const noted = rows.flatMap(({ name, note }) => (note === undefined ? [] : [`${name}: ${note}.`]))
  const grown = Output.table(
    ['', 'payments', 'whole life, a payment*', 'settlement only', 'basis'],
    growth.map(({ workload, payments, lifeGasPerPayment, settlementGasPerPayment, basis }) => [
      workload,
      Output.grouped(payments),
      String(lifeGasPerPayment),
      String(settlementGasPerPayment),
      basis,
    ]),
    [1, 2, 3],
  )
  const others = Peers.others.map(({ name, gas, source }) => `${name}: ${whole(gas)} (published: ${source})`)
  const entered = `* ${Growth.note}.`
  return [operations, noted.join('\n'), missed.join('\n'), grown, entered, others.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** EIP-7623 would charge more for calldata than this arithmetic says; no transaction here comes near it. */
const assertOrdinaryCalldata = (operations: readonly Operations.Operation[]): void => {
  for (const { name, transactions } of operations)
    for (const { data, gas } of transactions)
      if (!Floor.exceedsCalldataFloor(data, gas)) throw new Error(`${name} is charged by EIP-7623's floor`)
}

export const run = async ({ args, json }: RunOptions): Promise<number> => {
  const { values } = Usage.parse({ args, options: { snapshot: { type: 'boolean' } } })
  const lab = await Lab.open()
  try {
    const operations = await Operations.measure(lab, Output.say)
    assertOrdinaryCalldata(operations)
    if (values.snapshot === true) Snapshot.write(Snapshot.from(operations))
    const peers = await Peers.measure(lab)
    Output.say('measured the peers that run here')
    const growth = await Growth.measure(lab, Output.say)
    const rows = operations.map((operation) => rowOf(operation, peers[operation.name] as Peers.Peer))
    Output.print(
      json,
      { hardfork: 'osaka', operations: rows, growth, growthNote: Growth.note, peers: Peers.others },
      () => text(rows, growth),
    )
  } finally {
    await lab.close()
  }
  return 0
}
