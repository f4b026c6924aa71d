/** The demo's clock: its chain lies ahead of the wall clock, at the same date for many years, so that one seed gives one calldata. */
import * as ChainClient from '../chain/Client.ts'

export const hour = 3600n
export const day = 86_400n

/** The simulated day lies in the first leap year from 2036 on that has not begun: ahead of the wall clock, and the same for many years. */
export const midnightOf = (date: string, now: Date): bigint => {
  let year = 2036
  while (Date.UTC(year, 0, 1) <= now.getTime()) year += 4
  return BigInt(Date.parse(`${year}-${date}T00:00:00Z`) / 1000)
}

/** Moves the local chain's clock. */
export const advance =
  (client: ChainClient.Client) =>
  async (seconds: bigint): Promise<void> => {
    const { timestamp } = await client.getBlock()
    if (timestamp >= seconds) return
    await ChainClient.raw(client, 'evm_setNextBlockTimestamp', [`0x${seconds.toString(16)}`])
    await ChainClient.raw(client, 'evm_mine', [])
  }
