/** `sunledger demo`, which `npm start` runs: a local chain, the contracts, the service, and a day of the robot economy; a report at the end. */
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import * as JobTrace from '../sim/JobTrace.ts'
import * as Place from '../sim/Place.ts'
import * as Scenario from '../sim/Scenario.ts'
import * as StrategyFile from '../sim/StrategyFile.ts'
import type * as Sun from '../sim/Sun.ts'
import * as Solar from '../sim/solar/Solar.ts'
import * as Weather from '../sim/Weather.ts'
import { wholeNumber } from './Limits.ts'
import * as OutFolder from './OutFolder.ts'
import * as Run from './Run.ts'
import type { RunOptions } from './Stage.ts'
import type { Definition } from './scenarios/Definition.ts'
import { all, named } from './scenarios/index.ts'

interface Flags {
  readonly robots: number
  readonly producers: number
  readonly sites: number
  readonly stations: number
  readonly storages: number
  readonly slots: number
  readonly settleEvery: number
  readonly seed: number
  readonly date?: string | undefined
  readonly place?: Place.Place
  readonly tilt?: number
  readonly azimuth?: number
  readonly days: number
  readonly seeds: number
  readonly speed: number
  readonly solar?: string
  readonly jobs?: string
  readonly scenario: string
  readonly list?: boolean
  readonly strategy?: string
  readonly out: string
  readonly data?: string
  readonly port: number
  readonly exit?: boolean
  readonly json?: boolean
}

const factor = (text: string): number => {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value > 1e6)
    throw new InvalidArgumentError(`Expected a number from 0 to 1000000, got ${JSON.stringify(text)}.`)
  return value
}

const monthAndDay = (text: string): string => {
  if (!Weather.isDate(text))
    throw new InvalidArgumentError(`Expected a month and day such as 06-21, got ${JSON.stringify(text)}.`)
  return text
}

/** A file and a place that both say where they are must mean the same: within so many degrees. */
const samePlace = 0.1

/** Weather of a day, from midnight to midnight at the place: the file's, or the one that is given. */
const weatherOf = (
  file: string,
  date: string,
  given: Place.Place | undefined,
  own: Partial<Sun.Mounting>,
): Weather.Day => {
  const series = Solar.read(file)
  const { latitude = given?.latitude, longitude = given?.longitude } = series
  if (latitude === undefined || longitude === undefined) throw new Place.PlaceMissingError(file)
  const place = { latitude, longitude }
  const differs = (name: 'latitude' | 'longitude') =>
    given !== undefined && Math.abs(given[name] - place[name]) > samePlace
  if (given !== undefined && (differs('latitude') || differs('longitude')))
    throw new Place.PlaceDiffersError(file, place, given)
  const { mounting } = series
  for (const name of ['tilt', 'azimuth'] as const)
    if (mounting !== undefined && own[name] !== undefined && Math.abs(own[name] - mounting[name]) > 0.5)
      throw new Place.MountingDiffersError(file, name, mounting[name], own[name])
  return { ...Weather.day(series, date, Place.zoneHours(longitude)), ...place }
}

/** What the run is of: the flags that were given, then what the scenario says, then the defaults. Input files are read and checked here. */
const simulationOf = (
  flags: Flags,
  definition: Definition,
  isGiven: (flag: string) => boolean,
  trace: JobTrace.Trace | undefined,
): Scenario.Scenario => {
  const { solar, place } = flags
  const names = [
    ...(['robots', 'producers', 'sites', 'stations', 'storages', 'slots', 'seed', 'date'] as const),
    ...(['tilt', 'azimuth'] as const),
  ]
  const given = Object.fromEntries(names.filter(isGiven).map((name) => [name, flags[name]]))
  const own = { ...definition.simulation, ...given }
  const date = own.date ?? Scenario.defaults.date
  return Scenario.from({
    ...own,
    ...(place === undefined ? {} : { place: place.name, latitude: place.latitude, longitude: place.longitude }),
    ...(solar === undefined ? {} : { solar: weatherOf(solar, date, place, given) }),
    ...(trace === undefined ? {} : { jobs: trace.requests }),
  })
}

const list = (isJson: boolean): void => {
  const shown = all.map(({ name, question, parameters, simulation }) => ({
    name,
    question,
    parameters: parameters(Scenario.from(simulation)),
  }))
  const width = Math.max(...shown.map(({ name }) => name.length))
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ version: 1, scenarios: shown })}\n`
      : `${shown.map(({ name, question }) => `${name.padEnd(width)}  ${question}`).join('\n')}\n`,
  )
}

/** Which trace, and how much of it a payment is for. */
const traceText = (file: string | undefined, trace: JobTrace.Trace | undefined): string => {
  if (trace === undefined) return 'model'
  const { format, total, perPayment } = trace
  return `${file} (${format}, ${total} requests${perPayment === 1 ? '' : `, ${perPayment} to a payment`})`
}

const optionsOf = async (
  flags: Flags,
  definition: Definition,
  isGiven: (flag: string) => boolean,
): Promise<RunOptions> => {
  const trace = flags.jobs === undefined ? undefined : JobTrace.readTrace(flags.jobs)
  return {
    definition,
    scenario: simulationOf(flags, definition, isGiven, trace),
    strategies: flags.strategy === undefined ? [] : await StrategyFile.load(flags.strategy),
    strategyFile: flags.strategy,
    days: flags.days,
    seeds: flags.seeds,
    inputs: { solar: flags.solar ?? 'model', jobs: traceText(flags.jobs, trace) },
    speed: flags.speed,
    settleEvery: isGiven('settleEvery') ? flags.settleEvery : (definition.settleEvery ?? flags.settleEvery),
    out: flags.out,
    data: flags.data ?? join(flags.out, 'data'),
    port: flags.port,
    stay: flags.exit !== true && flags.json !== true && process.stdout.isTTY === true,
    json: flags.json === true,
  }
}

const run = async (flags: Flags, command: Command): Promise<void> => {
  if (flags.list === true) return list(flags.json === true)
  const isGiven = (flag: string) => command.getOptionValueSource(flag) === 'cli'
  const options = await optionsOf(flags, named(flags.scenario), isGiven)
  OutFolder.ensure(options.out)
  let outcome = await Run.run(options)
  // The page asked for another one, and waits at the same place.
  while (outcome.next !== undefined) {
    const { scenario, ...same } = outcome.next
    outcome = await Run.run({ ...(await optionsOf(flags, named(scenario), isGiven)), ...same })
  }
  process.exitCode = outcome.code
}

const count = wholeNumber(1, 1_000_000)

const degrees =
  (most: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!/^\d{1,3}(\.\d{1,6})?$/.test(text) || value > most)
      throw new InvalidArgumentError(`Expected degrees from 0 to ${most}, got ${JSON.stringify(text)}.`)
    return value
  }

export const register = (program: Command): void => {
  const { defaults } = Scenario
  program
    .command('demo')
    .description('run a day of the robot economy on a local chain, and report what it did and what it cost')
    .option('--scenario <name>', 'what to find out', 'day')
    .option('--list', 'list the scenarios, and start nothing')
    .option('--robots <number>', 'robots', count, defaults.robots)
    .option('--producers <number>', 'solar producers', count, defaults.producers)
    .option('--sites <number>', 'compute sites', count, defaults.sites)
    .option('--stations <number>', 'charging stations', count, defaults.stations)
    .option('--storages <number>', 'stationary batteries', count, defaults.storages)
    .option('--slots <number>', 'parts of the day', wholeNumber(1, 1440), defaults.slots)
    .option('--settle-every <slots>', 'read meters and settle every so many slots', wholeNumber(1, 1440), 4)
    .option(
      '--seed <number>',
      'the same seed gives the same payments, balances and gas',
      wholeNumber(0, 2 ** 31),
      defaults.seed,
    )
    .option('--date <mm-dd>', `day of the year (default: ${defaults.date})`, monthAndDay)
    .option('--days <number>', 'days that are worked out before the one that is run', wholeNumber(0, 30), 3)
    .option(
      '--seeds <number>',
      'seeds of the study beside the run: means with a 95 % interval; 1: neither that nor what prices rest on',
      wholeNumber(1, 100),
      5,
    )
    .option(
      '--place <lat,lon[,name]>',
      'where it is, decimal degrees (default: 35,0, or what --solar says)',
      Place.parse,
    )
    .option('--tilt <degrees>', 'of the modules from the horizontal (default: the latitude)', degrees(90))
    .option('--azimuth <degrees>', 'to where they face, from north over east (default: the equator)', degrees(360))
    .option('--speed <factor>', 'times faster than the clock; 0: as fast as it goes', factor, 0)
    .option(
      '--solar <file>',
      'weather of the day: PVGIS (TMY, hourly; CSV, JSON), EPW, NSRDB PSM, renewables.ninja or a table (default: model)',
    )
    .option('--jobs <file>', 'demand for compute, an LLM request trace: Azure, BurstGPT or Mooncake (default: model)')
    .option('--strategy <file>', 'a strategy of your own for the energy market (scripts/examples/strategy.ts is one)')
    .option('--out <dir>', 'folder for report.json and report.md', 'reports')
    .option('--data <dir>', 'folder for journal, keys and deployment; made anew at each start (default: data in --out)')
    .option('--port <number>', 'port of the service (0: any free one)', wholeNumber(0, 65_535), 0)
    .option('--exit', 'end after the report; otherwise, on a terminal, the service stays up until Ctrl-C')
    .option('--json', 'print the report as one JSON document on stdout')
    .action(run)
}
