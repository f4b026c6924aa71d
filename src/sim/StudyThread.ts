/** The thread in which days are worked out beside a run: many seeds of the reported day, then how prices move with what is assumed of bids. */
import { parentPort, workerData } from 'node:worker_threads'
import * as Sensitivity from './Sensitivity.ts'
import * as StrategyFile from './StrategyFile.ts'
import type { Found, Wanted } from './Studies.ts'
import * as Study from './Study.ts'

const work = async ({ scenario, days, settleEvery, seeds, strategyFile, sensitivity }: Wanted): Promise<Found> => {
  const strategies = strategyFile === undefined ? [] : await StrategyFile.load(strategyFile)
  const options = { scenario, days, settleEvery, strategies }
  const figures: Study.Figures[] = []
  let own: Study.DayFigures | undefined
  for (let i = 0; i < seeds; i++) {
    const each = { ...options, scenario: { ...scenario, seed: scenario.seed + i } }
    const day = Study.play(each)
    figures.push(Study.figures(Study.worldOf(each), day))
    own ??= day
  }
  return {
    figures,
    own: own as Study.DayFigures,
    sensitivity: sensitivity ? Sensitivity.table(options) : [],
  }
}

parentPort?.postMessage(await work(workerData as Wanted))
