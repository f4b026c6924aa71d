/** What a run has in hand, and what it was asked for. */
import type * as ChainClient from '../chain/Client.ts'
import type { Client } from '../sdk/Client.ts'
import type { Control } from '../sim/Control.ts'
import type * as Plan from '../sim/plan/Plan.ts'
import type * as Scenario from '../sim/Scenario.ts'
import type * as Feed from './Feed.ts'
import type * as Network from './Network.ts'
import type * as Screen from './Screen.ts'
import type { Definition } from './scenarios/Definition.ts'

export interface RunOptions {
  readonly definition: Definition
  readonly scenario: Scenario.Scenario
  /** Strategies in the place of the defaults. */
  readonly strategies: Plan.Strategies
  /** Where they are from. */
  readonly strategyFile?: string | undefined
  /** Days that are worked out before the one that is run, and seeds of the study beside it. */
  readonly days: number
  readonly seeds: number
  /** Where sun and demand came from, for the report. */
  readonly inputs: { readonly solar: string; readonly jobs: string }
  readonly speed: number
  readonly settleEvery: number
  readonly out: string
  readonly data: string
  readonly port: number
  /** Left out: a fresh one. */
  readonly operatorToken?: string
  /** Keeps the service up after the report until Ctrl-C. */
  readonly stay: boolean
  readonly json: boolean
}

/** Everything that a run has in hand. */
export interface Stage {
  readonly options: RunOptions
  readonly screen: Screen.Screen
  readonly network: Network.Network
  readonly chain: ChainClient.Client
  readonly client: Client
  readonly token: string
  readonly control: Control
  readonly feed: Feed.Feed
}
