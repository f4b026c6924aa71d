/**
 * What is read from the clearing house and the meter, in the service's terms. Every read can name its block, so that several reads speak
 * of one moment.
 */
import { type Abi, parseEventLogs, type TransactionReceipt } from 'viem'
import type { Address } from '../core/Payment.ts'
import { clearingHouse } from './abi/ClearingHouse.ts'
import { energyMeter } from './abi/EnergyMeter.ts'
import { testDollar } from './abi/TestDollar.ts'
import { answered, type Client } from './Client.ts'
import * as Sender from './Sender.ts'

/** An account's slot. */
export interface Slot {
  readonly balance: bigint
  readonly debited: bigint
  readonly credited: bigint
}

const perCall = 500

/** Many accounts' slots at a block, in the order asked. */
export const slots = async (
  client: Client,
  house: Address,
  asset: Address,
  accounts: readonly Address[],
  blockNumber: bigint,
): Promise<readonly Slot[]> => {
  const parts: Address[][] = []
  for (let i = 0; i < accounts.length; i += perCall) parts.push(accounts.slice(i, i + perCall))
  const read = await answered(
    client,
    Promise.all(
      parts.map((part) =>
        client.readContract({
          address: house,
          abi: clearingHouse.abi,
          functionName: 'accountsOf',
          args: [asset, part],
          blockNumber,
        }),
      ),
    ),
  )
  return read.flat()
}

/** What an owner's next message must carry. */
export const nonces = async (client: Client, house: Address, assets: readonly Address[], account: Address) => {
  const at = { address: house, abi: clearingHouse.abi } as const
  const [owner, ownerNonce, ...nonce] = await answered(
    client,
    Promise.all([
      client.readContract({ ...at, functionName: 'ownerOf', args: [account] }),
      client.readContract({ ...at, functionName: 'ownerNonceOf', args: [account] }),
      ...assets.map((asset) => client.readContract({ ...at, functionName: 'nonceOf', args: [asset, account] })),
    ]),
  )
  return { owner: owner.toLowerCase() as Address, ownerNonce, nonces: nonce }
}

/** The credit key that it honours, now. */
export const creditKey = async (client: Client, house: Address): Promise<Address> => {
  const read = client.readContract({ address: house, abi: clearingHouse.abi, functionName: 'creditKey' })
  return (await answered(client, read)).toLowerCase() as Address
}

/** The key that settlements must come from, now. */
export const settlementKey = async (client: Client, house: Address): Promise<Address> => {
  const read = client.readContract({ address: house, abi: clearingHouse.abi, functionName: 'settlementKey' })
  return (await answered(client, read)).toLowerCase() as Address
}

/** How long an exit takes, and with it a recovery. */
export const exitWindowSeconds = (client: Client, house: Address): Promise<bigint> =>
  answered(client, client.readContract({ address: house, abi: clearingHouse.abi, functionName: 'exitWindowSeconds' }))

/** Energy over all accepted readings, and the credits in existence (I9). */
export const energy = async (client: Client, meter: Address, credit: Address, blockNumber: bigint) => {
  const [[producedMilliWh, consumedMilliWh, owedMilliWh], existingMilliWh] = await answered(
    client,
    Promise.all([
      client.readContract({ address: meter, abi: energyMeter.abi, functionName: 'totals', blockNumber }),
      client.readContract({ address: credit, abi: testDollar.abi, functionName: 'totalSupply', blockNumber }),
    ]),
  )
  return { producedMilliWh, consumedMilliWh, owedMilliWh, existingMilliWh }
}

/** A running exit; `endsAt` is 0 where there is none. Left out: as of the newest block. */
export const exit = async (client: Client, house: Address, asset: Address, account: Address, blockNumber?: bigint) => {
  const at = { address: house, abi: clearingHouse.abi, ...(blockNumber === undefined ? {} : { blockNumber }) } as const
  const [to, endsAt] = await answered(
    client,
    client.readContract({ ...at, functionName: 'exitOf', args: [asset, account] }),
  )
  return { to: to.toLowerCase() as Address, endsAt }
}

/** What exits have set apart for an address to draw. Left out: as of the newest block. */
export const setApart = (
  client: Client,
  house: Address,
  asset: Address,
  to: Address,
  blockNumber?: bigint,
): Promise<bigint> => {
  const at = { address: house, abi: clearingHouse.abi, ...(blockNumber === undefined ? {} : { blockNumber }) } as const
  return answered(client, client.readContract({ ...at, functionName: 'setApartOf', args: [asset, to] }))
}

/** What the clearing house holds of an asset, and its pool. */
export const holdings = async (client: Client, house: Address, asset: Address, blockNumber: bigint) => {
  const ofHouse = { address: house, abi: clearingHouse.abi, blockNumber } as const
  const ofToken = { address: asset, abi: testDollar.abi, blockNumber } as const
  const [held, pool] = await answered(
    client,
    Promise.all([
      client.readContract({ ...ofToken, functionName: 'balanceOf', args: [house] }),
      client.readContract({ ...ofHouse, functionName: 'poolOf', args: [asset] }),
    ]),
  )
  return { held, pool }
}

/** What is set aside for these accounts together. */
export const reserved = async (
  client: Client,
  house: Address,
  asset: Address,
  accounts: Iterable<Address> = [],
  blockNumber: bigint,
): Promise<bigint> => {
  const at = { address: house, abi: clearingHouse.abi, blockNumber } as const
  const all = [...accounts].map((of) => client.readContract({ ...at, functionName: 'reserveOf', args: [asset, of] }))
  return (await answered(client, Promise.all(all))).reduce((sum, each) => sum + each, 0n)
}

/** How many readings a transaction had accepted, and refused. */
export const countReadings = ({ logs }: TransactionReceipt) => {
  const batches = parseEventLogs({ abi: energyMeter.abi, eventName: 'Submitted', logs }).map(({ args }) => args)
  const sum = (name: 'accepted' | 'refused') => batches.reduce((all, batch) => all + Number(batch[name]), 0)
  return { accepted: sum('accepted'), refused: sum('refused') }
}

/** A meter's owner; the zero address for an unknown one. */
export const meterOwner = async (client: Client, meter: Address, device: Address): Promise<Address> => {
  const at = { address: meter, abi: energyMeter.abi } as const
  const { owner } = await answered(client, client.readContract({ ...at, functionName: 'meterOf', args: [device] }))
  return owner.toLowerCase() as Address
}

/** Builds a call of the clearing house. */
export const call = (house: Address, functionName: string, args: readonly unknown[], gas: bigint, tryFirst = false) =>
  Sender.call(house, clearingHouse.abi as Abi, functionName, args, gas, tryFirst)

/** Builds a call of the meter. */
export const meterCall = (
  meter: Address,
  functionName: string,
  args: readonly unknown[],
  gas: bigint,
  tryFirst = false,
) => Sender.call(meter, energyMeter.abi as Abi, functionName, args, gas, tryFirst)

/** Builds a call of the test dollar. */
export const dollarCall = (dollar: Address, functionName: string, args: readonly unknown[], gas: bigint) =>
  Sender.call(dollar, testDollar.abi as Abi, functionName, args, gas)
