/** The thread in which days are worked out beside a run: many seeds of the reported day, then how prices move with what is assumed of bids. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Scenario } from './Scenario.ts'
import * as Sensitivity from './Sensitivity.ts'
import * as StrategyFile from './StrategyFile.ts'
import type { Found, Wanted } from './Studies.ts'
import * as Study from './Study.ts'

const work = async (wanted: Wanted): Promise<Found> => {
  const { scenario, days, settleEvery, seeds, strategyFile, control, sensitivity } = wanted
  const strategies = strategyFile === undefined ? [] : await StrategyFile.load(strategyFile)
  const options = { scenario, days, settleEvery, strategies }
  const play = (other: Partial<Scenario>) =>
    Array.from({ length: seeds }, (_, i) =>
      Study.play({ ...options, scenario: { ...scenario, ...other, seed: scenario.seed + i } }),
    )
  return {
    days: play({}) as [Study.DayFigures],
    control: control === undefined ? [] : play(control),
    sensitivity: sensitivity ? Sensitivity.table(options) : [],
  }
}

parentPort?.postMessage(await work(workerData as Wanted))
