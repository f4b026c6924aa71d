/**
 * Every figure that the simulated economy takes as given, each once: value, unit, where it comes from. The code reads the figures from here and the report
 * prints this table, so that no comment can say another figure than the one that is used. What follows from them is computed (`Assumptions.derived`).
 *
 * Money is in atomic dollars (0.000001 USD), energy in mWh; both are bigints.
 */

export interface Assumption<V extends number | bigint = number | bigint> {
  readonly value: V
  readonly unit: string
  /** What it is, in words. */
  readonly says: string
  readonly basis: 'assumed' | 'published'
  /** A publication; of an assumed figure why it was chosen. */
  readonly source: string
  /** Year and month: of the publication, or in which it was assumed. */
  readonly date: string
}

const assumed = <V extends number | bigint>(
  value: V,
  unit: string,
  says: string,
  source: string,
): Assumption<Widen<V>> => ({ value, unit, says, basis: 'assumed', source, date: '2026-11' }) as never

const published = <V extends number | bigint>(
  value: V,
  unit: string,
  says: string,
  source: string,
  date: string,
): Assumption<Widen<V>> => ({ value, unit, says, basis: 'published', source, date }) as never

type Widen<V> = V extends bigint ? bigint : number

const perKwh = 'atomic dollars per kWh'
const pvwatts = ['PVWatts Version 5 Manual, NREL/TP-6A20-62641', '2014-09'] as const
const tesla = ['Tesla AI Day 2022', '2022-09'] as const

/** Energy: what it costs to make, to move and to import. */
const energy = {
  energyCostAtomicPerKwh: published(
    43_000n,
    perKwh,
    'levelised cost of solar electricity',
    'IRENA, Renewable Power Generation Costs in 2024',
    '2025-07',
  ),
  reservePercentMin: assumed(
    20,
    '% of the cost',
    'lowest price at which a producer sells, least',
    'old systems have paid off',
  ),
  reservePercentMax: assumed(
    100,
    '% of the cost',
    'lowest price at which a producer sells, most',
    'new systems have not',
  ),
  importPriceAtomicPerKwh: assumed(
    250_000n,
    perKwh,
    'price of imported electricity',
    'a retail price between those of the USA and of the EU',
  ),
  importWattsPerRobot: assumed(
    250,
    'W per robot',
    'capacity of the grid connection',
    'about half of what the economy draws',
  ),
  gridFeeAtomicPerKwh: assumed(
    20_000n,
    perKwh,
    'grid fee, paid by stations and sites for what they draw',
    'a distribution fee for large consumers',
  ),
  gridLossPercent: published(
    5,
    '%',
    'lost between producer and consumer',
    'US EIA, Electricity explained: transmission and distribution losses',
    '2023-11',
  ),
  penaltyPercent: assumed(50n, '% of the price', 'penalty for energy sold and not delivered', 'a rule of this market'),
}

/** Sunlight and solar modules. */
const solar = {
  producerWattsPerRobot: assumed(
    3000,
    'W per robot',
    'rated solar power',
    'in June somewhat more than the economy uses',
  ),
  moduleEfficiency: assumed(0.21, '', 'efficiency of a module', 'a usual module of 2024'),
  systemLosses: published(0.141, '', 'lost to soiling, shading, mismatch and wiring', ...pvwatts),
  inverterEfficiency: published(0.96, '', 'efficiency of the inverter', ...pvwatts),
  temperatureCoefficient: published(
    -0.003,
    '1/K',
    'change of power with cell temperature',
    `${pvwatts[0]}: between its premium and standard modules`,
    pvwatts[1],
  ),
  nominalCellTemperature: published(
    45,
    '°C',
    'cell temperature at 800 W/m² and 20 °C air',
    `${pvwatts[0]}: open rack`,
    pvwatts[1],
  ),
  albedo: published(0.2, '', 'share of sunlight that the ground reflects', ...pvwatts),
  cloudClear: assumed(1, '', 'share of clear-sky light, clear', 'three kinds of sky'),
  cloudBroken: assumed(0.6, '', 'share of clear-sky light, broken clouds', 'three kinds of sky'),
  cloudOvercast: assumed(0.25, '', 'share of clear-sky light, overcast', 'three kinds of sky'),
  meanTemperature: assumed(28, '°C', 'yearly mean of the air at the equator', 'where no file says it'),
  temperaturePerDegree: assumed(
    -0.4,
    '°C per degree of latitude',
    'how it falls towards the poles',
    'where no file says it',
  ),
  seasonPerDegree: assumed(
    0.3,
    '°C per degree of latitude',
    'warmest and coldest month differ from the mean by',
    'where no file says it',
  ),
  dailySwing: assumed(5, '°C', 'afternoon and early morning differ from the day’s mean by', 'where no file says it'),
}

/** Robots: what they do, use, earn and bid. */
const robots = {
  robotRestWatts: published(100, 'W', 'power of a robot at rest', ...tesla),
  robotWalkWatts: published(500, 'W', 'power of a robot that walks', ...tesla),
  robotBatteryMilliWh: published(2_300_000n, 'mWh', 'battery of a robot', ...tesla),
  walkShare: assumed(0.5, '', 'share of the time in which a robot walks, mean over the day', '300 W on average'),
  taskShare: assumed(0.5, '', 'share of its walking that is a paid task', 'the rest is its own way and upkeep'),
  demandSwing: assumed(
    0.4,
    '',
    'tasks and compute at 15:00 and at 3:00 local time differ from their mean by this share',
    'people want things done by day',
  ),
  taskWageAtomicPerHourMin: assumed(
    2_000_000n,
    'atomic dollars per hour',
    'wage of a task, least',
    'about a tenth of a service wage in rich countries',
  ),
  taskWageAtomicPerHourMax: assumed(
    4_000_000n,
    'atomic dollars per hour',
    'wage of a task, most',
    'about a tenth of a service wage in rich countries',
  ),
  helpShare: assumed(
    0.05,
    '',
    'chance that a robot asks another for help in a slot',
    'so that strangers pay strangers',
  ),
  helpAtomicMin: assumed(200n, 'atomic dollars', 'price of help, least', 'far below a cent'),
  helpAtomicMax: assumed(2000n, 'atomic dollars', 'price of help, most', 'far below a cent'),
  visitSeconds: assumed(3600, 's', 'how often a robot stops at a station', 'an empty one stops at once'),
  robotFullAtomicPerKwh: assumed(10_000n, perKwh, 'bid of a robot with a full battery', 'it takes what is nearly free'),
  robotEmptyAtomicPerKwh: assumed(400_000n, perKwh, 'bid of a robot with an empty battery', 'above the import price'),
  stationPercentMin: assumed(103, '% of the price', 'what a station takes, least', 'its own costs'),
  stationPercentMax: assumed(107, '% of the price', 'what a station takes, most', 'its own costs'),
}

/** Compute. */
const compute = {
  computeWattsPerRobot: assumed(
    220,
    'W per robot',
    'mean power of the compute that robots order',
    'an eighth of an H100 each, all in',
  ),
  jobsPerRobotSlot: assumed(
    0.4,
    'per robot and slot',
    'payments for compute where no trace is given',
    'each pays for many calls of a model',
  ),
  microWhPerUnit: published(
    1700n,
    'µWh per generated token',
    'energy of compute, all in',
    'large reasoning models; MEASURES 6',
    '2025-06',
  ),
  gpuHourMilliWh: published(
    1_700_000n,
    'mWh',
    'energy of a GPU-hour: H100 node of 11.3 kW ÷ 8 × PUE 1.2',
    'Nvidia DGX H100 datasheet',
    '2023-03',
  ),
  gpuHourAtomic: published(
    2_950_000n,
    'atomic dollars',
    'price of a GPU-hour, energy included',
    'cloud price lists; MEASURES 6',
    '2025-06',
  ),
  sitePercentMin: assumed(105, '% of the cost', 'what a site takes, least', 'its profit'),
  sitePercentMax: assumed(115, '% of the cost', 'what a site takes, most', 'its profit'),
  siteBidAtomicPerKwh: assumed(
    500_000n,
    perKwh,
    'bid of a compute site',
    'energy is a small part of what compute costs',
  ),
}

/** Stationary batteries. */
const storage = {
  storageMilliWhPerRobot: assumed(
    5_000_000n,
    'mWh per robot',
    'capacity of stationary batteries',
    'about what the economy uses in a night',
  ),
  storageEfficiencyPercent: assumed(
    90n,
    '%',
    'of a kWh bought, what can be sold again',
    'lithium iron phosphate with its converters',
  ),
  storageSeconds: assumed(14_400, 's', 'time in which one can be filled or emptied', 'four-hour batteries'),
  storageMarginPercent: assumed(10n, '%', 'what a battery wants to earn on top of its losses', 'its wear'),
}

/** Money: how it comes back to households. */
const circuit = {
  robotsPerHousehold: assumed(
    20,
    'robots',
    'robots per household or factory that pays for tasks',
    'a neighbourhood that shares them',
  ),
  householdAtomicPerRobot: assumed(
    25_000_000n,
    'atomic dollars per robot',
    'money that households start with',
    'somewhat more than a day of wages',
  ),
  robotCapitalAtomic: assumed(
    10_000_000n,
    'atomic dollars',
    'money that a robot starts with and keeps for its purchases',
    'about a day of compute and energy',
  ),
  workingCapitalSeconds: assumed(
    28_800,
    's',
    'sites and batteries keep what they need for energy in this time',
    'a night',
  ),
  payoutSeconds: assumed(
    7200,
    's',
    'how often firms pay their owners, land and maintenance',
    'seldom enough to be no load',
  ),
  robotPayoutSeconds: assumed(86_400, 's', 'how often a robot pays its owner', 'once a day'),
  upkeepPercent: assumed(
    30n,
    '% of what is paid out',
    'maintenance and land; the rest goes to the owner of the capital',
    'operation and land in solar LCOE',
  ),
  ownershipAlpha: assumed(
    1.5,
    '',
    'Pareto exponent of capital ownership among households',
    'the measured wealth of rich countries',
  ),
}

export const table = { ...energy, ...solar, ...robots, ...compute, ...storage, ...circuit }
