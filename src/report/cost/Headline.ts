/** The study's first sentence: what the leading workload costs on the network that is shown, and what would have to change. */
import { ofValue, percent, usd, whole } from './Format.ts'
import * as Names from './Names.ts'
import type { Study } from './Study.ts'

export interface Headline {
  readonly network: string
  readonly workload: string
  /** Fee over value of the whole life and of settling alone. */
  readonly life: number
  readonly settlement: number
  /** Now, and where the whole life costs at most the share. */
  readonly turnoverUsd: number
  readonly neededUsd: number
}

/** Undefined where clearing was not executed or no network charges for gas. */
export const of = (study: Study): Headline | undefined => {
  const network = Names.shown(study)[0]
  const { workload } = Names.main(study)
  const at = (scope: string) =>
    study.places.find((place) => place.network === network && place.workload === workload && place.scope === scope)
  const needed = study.breakEven.find((one) => one.network === network && one.scope === 'life')
  const [life, settlement] = [at('life'), at('settlement')]
  if (network === undefined || life === undefined || settlement === undefined || needed === undefined) return undefined
  return {
    ...{ network, workload, life: life.feeShare, settlement: settlement.feeShare },
    ...{ turnoverUsd: life.turnoverUsd, neededUsd: needed.turnoverUsd },
  }
}

/** As a sentence or two. */
export const sentence = (study: Study): string => {
  const headline = of(study)
  if (headline === undefined) return 'Clearing was not executed, or no network charges for gas.'
  const { network, workload, life, settlement, turnoverUsd, neededUsd } = headline
  const name = Names.network(study, network)
  const title = study.workloads.find((one) => one.name === workload)?.title ?? ''
  const first = `On ${name}, settling ${workload} (${title}) by Sunledger costs ${ofValue(life, 'what is paid')} over its whole life, and ${percent(settlement)} for settling alone.`
  const times = neededUsd / turnoverUsd
  const change =
    times <= 1
      ? `That is below ${percent(study.share)}: each member turns over ${usd(turnoverUsd)} per settlement, and ${usd(neededUsd)} would do.`
      : `Each member turns over ${usd(turnoverUsd)} before it settles; for ${percent(study.share)} it would have to be ${usd(neededUsd)}, ${times >= 100 ? whole(Number(times.toPrecision(2))) : times.toPrecision(2)} times as much: by settling as much more seldom, or by paying more.`
  return `${first} ${change}`
}
