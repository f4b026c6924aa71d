/** A real chain and a real service, each a process of its own, for one test file; and robots that are connected to it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, beforeAll } from 'vitest'
import * as Keys from '../../src/chain/Keys.ts'
import * as Network from '../../src/cli/Network.ts'
import { Robot, type RobotOptions } from '../../src/index.ts'

export const keys = Keys.random()
export const folder = mkdtempSync(join(tmpdir(), 'sunledger-e2e-'))
export let network: Network.Network

const fail = (error: Error): never => {
  throw error
}

/** Up before the file's first test, down after its last. @param onFailure the chain has died, for example because the test killed it */
export const useNetwork = (settleEverySeconds: number, onFailure: (error: Error) => void = fail): void => {
  beforeAll(async () => {
    network = await Network.start({
      data: join(folder, 'data'),
      keys,
      host: '127.0.0.1',
      port: 0,
      settleEverySeconds,
      manualSettlement: false,
      progress: () => {},
      onFailure,
    })
  })
  afterAll(async () => {
    await network.stop()
    rmSync(folder, { recursive: true })
  })
}

export const connect = (options: Partial<RobotOptions> = {}): Promise<Robot> =>
  Robot.connect(network.url, { account: generatePrivateKey(), keep: false, ...options })

export const funded = async (amount: string, options: Partial<RobotOptions> = {}): Promise<Robot> => {
  const robot = await connect(options)
  await robot.deposit(amount)
  return robot
}

/** 'paid', or the code of the error. */
export const code = (result: PromiseSettledResult<unknown>): string =>
  result.status === 'fulfilled' ? 'paid' : (result.reason as { code: string }).code
