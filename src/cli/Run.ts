/**
 * One run of the demo from start to report. Ctrl-C at any time ends it: what was accepted until then is counted and written down, and every
 * process is gone within two seconds.
 */
import * as ChainClient from '../chain/Client.ts'
import * as Keys from '../chain/Keys.ts'
import * as Transfer from '../chain/Transfer.ts'
import * as FastLz from '../cost/FastLz.ts'
import { Client } from '../sdk/Client.ts'
import { Control } from '../sim/Control.ts'
import * as Economy from '../sim/Economy.ts'
import * as Participants from '../sim/Participants.ts'
import * as Place from '../sim/Place.ts'
import * as Studies from '../sim/Studies.ts'
import * as Study from '../sim/Study.ts'
import { advance, day, hour, midnightOf } from './Clock.ts'
import * as Ending from './Ending.ts'
import * as Feed from './Feed.ts'
import * as Network from './Network.ts'
import * as RunReport from './RunReport.ts'
import * as Screen from './Screen.ts'
import type { RunOptions, Stage } from './Stage.ts'
import { Scene } from './scenarios/Scene.ts'

/** Chain time at which the day begins at its place. */
const midnightAt = ({ scenario: { date, longitude } }: RunOptions): bigint =>
  midnightOf(date, new Date()) - BigInt(Place.zoneHours(longitude)) * hour

/** The days before, and the study, in a thread of its own beside the run. */
const prepare = ({ scenario, days, seeds, settleEvery, strategies, strategyFile, definition }: RunOptions) => {
  const found = Studies.start({
    ...{ scenario, days, settleEvery, seeds, strategyFile, control: definition.control },
    sensitivity: definition.sensitivity === true && seeds > 1,
  })
  // Whoever waits for it is told; a run that is cut off does not wait.
  found.catch(() => {})
  return { ...Study.warm({ scenario, days, settleEvery, strategies }), found }
}

/** Connects everybody and lets the economy live, or a play of the scenario's own. `transfer` is measured on the way, before the chain is busy. */
const live = async (stage: Stage, signal: AbortSignal) => {
  const { options, screen, client, chain, network, token, control, feed } = stage
  const { definition } = options
  const midnightSeconds = midnightAt(options)
  const validUntilSeconds = midnightSeconds + 2n * day
  const transfer = await Transfer.measure(chain, network.deployment, (to, amount) => client.faucet(to, amount))
  feed.transfer({ gas: transfer.gasUsed, fastLzBytes: FastLz.size(Buffer.from(transfer.serialized.slice(2), 'hex')) })
  const status = await client.status()
  const { seed, robots } = options.scenario
  const scene = new Scene({
    ...{ network, chain, client, status, token, seed, robots, validUntilSeconds, signal },
    say: screen.step,
  })
  const { play } = definition
  if (play !== undefined) {
    const done = play(scene)
      .then(() => scene.close())
      .then(() => {
        scene.outcome.complete = !signal.aborted
      })
    return { transfer, scene, economy: { outcome: scene.outcome, done }, participants: undefined, prepared: undefined }
  }
  const prepared = prepare(options)
  const { world, opening } = prepared
  screen.step(
    `${options.days} days worked out before this one, at ${world.scenario.place} (${Place.zoneName(world.zoneHours)})`,
  )
  const common = { world, opening, client, operatorToken: token, midnightSeconds, validUntilSeconds }
  const participants = await Participants.gather({ ...common, status, progress: screen.step })
  feed.participants(participants.parties.map((party) => Feed.named(party, participants.of(party).address)))
  await advance(chain)(midnightSeconds)
  const economy = Economy.start({
    ...common,
    participants,
    advanceTo: advance(chain),
    scenario: definition.name,
    control,
    settleEvery: options.settleEvery,
    strategies: options.strategies,
    signal,
    async onSlot(state) {
      screen.slot(state)
      feed.slot(state)
      await definition.afterSlot?.(scene, state)
    },
  })
  return { transfer, scene, economy, participants, prepared }
}

/** What the study beside the run found; undefined where none was made, where it failed, or where nobody wants to wait for it. */
const studied = async (
  { screen }: Stage,
  { prepared, economy }: Awaited<ReturnType<typeof live>>,
  stopped: Promise<void>,
): Promise<Studies.Found | undefined> => {
  if (prepared === undefined || !economy.outcome.complete) return undefined
  const failed = (error: unknown) => {
    screen.step(`The study beside the run failed: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
  return Promise.race([prepared.found.catch(failed), stopped.then(() => undefined)])
}

/** Exit codes: all is well; a check is broken. */
const exitCodes = { done: 0, broken: 1 } as const

/** Why a run ends before its time: it was asked to, or the page wants another scenario. */
type Interruption = Ending.Cause | 'changed'

const codeOf = (interruption: Interruption): number =>
  interruption === 'changed' ? exitCodes.done : Ending.exitCodes[interruption]

/** From a stage that is up to the report. Resolves with the exit code. */
const play = async (stage: Stage, interrupted: Promise<Interruption>): Promise<number> => {
  const { options, screen } = stage
  const abort = new AbortController()
  const stopped = interrupted.then(() => abort.abort())
  const started = live(stage, abort.signal)
  const day = await Promise.race([started, stopped])
  if (day === undefined) {
    started.catch(() => {})
    screen.step('\nInterrupted before the first payment; there is nothing to report.')
    return codeOf(await interrupted)
  }
  await Promise.race([day.economy.done, stopped])
  // Whatever is still on its way is of no interest any more.
  day.economy.done.catch(() => {})
  const found = await studied(stage, day, stopped)
  const document = await RunReport.make(stage, { ...day, found })
  await RunReport.show(stage, document)
  if (!document.complete) return codeOf(await interrupted)
  if (options.stay && !abort.signal.aborted) {
    screen.step(`The service stays up on ${stage.network.url} until Ctrl-C.`)
    await stopped
  }
  const broken = document.checks.filter(({ ok }) => !ok)
  for (const { id, detail } of broken) screen.step(`${id} does not hold: ${detail}`)
  return broken.length === 0 ? exitCodes.done : exitCodes.broken
}

/** How a run ended. */
export interface Outcome {
  readonly code: number
  /** What the page asked for instead: it waits at the same port, and holds the same operator's token. */
  readonly next?: { readonly scenario: string; readonly port: number; readonly operatorToken: string }
}

/** Runs the demo. Resolves with the exit code once every process has ended. */
export const run = async (options: RunOptions): Promise<Outcome> => {
  const screen = Screen.create(process.stderr)
  const interrupted = Ending.asked()
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})
  const simulated = Keys.simulated(options.scenario.seed)
  const keys = { ...simulated, operatorToken: options.operatorToken ?? simulated.operatorToken }
  const midnight = midnightAt(options)
  const starting = Network.start({
    data: options.data,
    kind: 'demo',
    keys,
    host: '127.0.0.1',
    port: options.port,
    initialDate: new Date(Number(midnight - hour) * 1000),
    settleEverySeconds: 5,
    manualSettlement: true,
    isSimulation: true,
    progress: screen.step,
    onFailure: (error) => fail(error),
  })
  const network = await Promise.race([starting, interrupted.then(() => undefined)])
  if (network === undefined) {
    // The processes that are just starting end with our end of their pipes.
    screen.step('\nInterrupted before the first payment; there is nothing to report.')
    return { code: codeOf(await interrupted) }
  }
  let next: string | undefined
  let change: () => void = () => {}
  const changed = new Promise<'changed'>((resolve) => {
    change = () => resolve('changed')
  })
  try {
    const chain = ChainClient.create(network.rpcUrl)
    const token = keys.operatorToken
    const control = new Control(options.speed)
    const feed = Feed.start({
      ...{ url: network.url, operatorToken: token, control },
      run: `${options.scenario.seed} ${new Date().toISOString()}`,
      hasSlots: options.definition.play === undefined,
      scenario: Feed.scenario(options.definition, options.scenario),
      onScenario(name) {
        next = name
        change()
      },
    })
    // The operator's token opens the page's controls; only a person at a terminal gets it.
    screen.step(`page: ${network.url}/${process.stderr.isTTY === true ? `#operator=${token}` : ''}`)
    const stage = { options, screen, network, chain, client: new Client(network.url), token, control, feed }
    const code = await Promise.race([play(stage, Promise.race<Interruption>([interrupted, changed])), failed])
    feed.stop()
    if (next === undefined) return { code }
    return { code, next: { scenario: next, port: Number(new URL(network.url).port), operatorToken: token } }
  } finally {
    screen.end()
    await network.stop()
  }
}
