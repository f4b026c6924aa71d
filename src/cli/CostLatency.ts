/**
 * How long a payment takes until Sunledger has accepted it: a real service with its journal on disk, a real robot that pays over HTTP, one
 * payment after the other, in several rounds.
 */
import * as Keys from '../chain/Keys.ts'
import type { Rounds } from '../cost/Measure.ts'
import * as Keccak from '../crypto/Keccak.ts'
import { Robot } from '../sdk/Robot.ts'
import * as Network from './Network.ts'
import * as Scratch from './Scratch.ts'

const roundCount = 5
const perRound = 100

/** @throws what starting chain and service throws; the reason of the signal */
export const measure = async (seed: number, signal: AbortSignal): Promise<Rounds> => {
  const folder = Scratch.folder()
  try {
    const network = await Network.start({
      data: folder,
      keys: Keys.random(),
      host: '127.0.0.1',
      port: 0,
      settleEverySeconds: 60,
      manualSettlement: true,
      progress: () => {},
      onFailure: () => {},
    })
    try {
      return {
        strategy: 'clearing',
        what: 'sent over HTTP, checked, on disk, receipt checked by the payer',
        rounds: await pay(network.url, seed, signal),
      }
    } finally {
      await network.stop()
    }
  } finally {
    Scratch.remove(folder)
  }
}

const pay = async (url: string, seed: number, signal: AbortSignal): Promise<number[][]> => {
  const keyOf = (role: string) => Keccak.ofText(JSON.stringify(['sunledger cost, worthless', seed, role]))
  const robot = await Robot.connect(url, { account: keyOf('robot'), keep: false })
  const charger = await Robot.connect(url, { account: keyOf('charger'), keep: false })
  await robot.deposit('1.00')
  const rounds: number[][] = []
  for (let round = 0; round < roundCount; round++) {
    const tookMs: number[] = []
    for (let i = 0; i < perRound; i++) {
      signal.throwIfAborted()
      const began = performance.now()
      await robot.pay({ to: charger.address, amount: '0.000036', for: `https://charger.example/${round}/${i}` })
      tookMs.push(performance.now() - began)
    }
    rounds.push(tookMs)
  }
  return rounds
}
