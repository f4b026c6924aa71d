/**
 * How far the stateful fuzz tests got: at the end of a run of the Solidity tests, for each function of the contracts and each state that an
 * account, owner or device can be in, how often the function did its work there and how often it was refused. The counts are the
 * handlers' own, of every sequence that was run (test/contracts/support/Reach.sol). A function that was not tried in every state, or that
 * never did its work, makes the run fail.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import type { HardhatPlugin } from 'hardhat/types/plugins'

const folder = 'reports/reach'
/** Where the handlers write, by contract. */
const files = { 'Clearing house': `${folder}/clearing.txt`, 'Energy meter': `${folder}/energy.txt` }
export const reachFiles: readonly string[] = Object.values(files)

/** In how many sequences a function must have been reached everywhere. Single tests run fewer. */
const enough = 40

type Counts = Map<string, Map<string, { done: number; refused: number }>>

const deviceStates = ['producer', 'consumer', 'secp256k1', 'P-256', 'revoked']

/** Functions that concern an owner and no device; and a binding is tried once an owner. All else has to be tried in every state. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  bindOwner: ['account owned', ...deviceStates],
  ...Object.fromEntries(
    [
      ...['retire', 'send', 'send by authorization', 'deposit', 'withdraw'],
      ...['chooseDelivery', 'chooseDeliveryWithSignature', 'time passes'],
    ].map((name) => [name, deviceStates]),
  ),
}

/** What a reading is skipped for is counted wherever it happens to happen, and never done. */
const onlyRefused = /^skip a reading/

const readCounts = (file: string): { sequences: number; counts: Counts } => {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const counts: Counts = new Map()
  for (const cell of lines.flatMap((line) => line.split(';')).filter((text) => text !== '')) {
    const [name = '', state = '', done, refused] = cell.split(',')
    const states = counts.get(name) ?? new Map<string, { done: number; refused: number }>()
    const count = states.get(state) ?? { done: 0, refused: 0 }
    states.set(state, { done: count.done + Number(done), refused: count.refused + Number(refused) })
    counts.set(name, states)
  }
  return { sequences: lines.length, counts }
}

const statesOf = (counts: Counts): string[] => [
  ...new Set([...counts.values()].flatMap((states) => [...states.keys()])),
]

const table = (counts: Counts, states: readonly string[]): string => {
  const widest = Math.max(...[...counts.keys()].map((name) => name.length)) + 1
  const row = (name: string, cells: readonly string[]) =>
    `    ${name.padEnd(widest)}${cells.map((cell, index) => cell.padStart((states[index]?.length ?? 0) + 2).padStart(12)).join('')}`
  const rows = [...counts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, byState]) =>
      row(
        name,
        states.map((state) => {
          const { done, refused } = byState.get(state) ?? { done: 0, refused: 0 }
          return `${done}/${refused}`
        }),
      ),
    )
  return [row('', states), ...rows].join('\n')
}

const missing = (counts: Counts, states: readonly string[]): string[] =>
  [...counts].flatMap(([name, byState]) => {
    if (onlyRefused.test(name)) return []
    const tried = ({ done, refused }: { done: number; refused: number } = { done: 0, refused: 0 }) => done + refused > 0
    const wanted = states.filter((state) => !elsewhere[name]?.includes(state))
    const untried = wanted.filter((state) => !tried(byState.get(state))).map((state) => `${name} (${state})`)
    return [...byState.values()].some(({ done }) => done > 0) ? untried : [...untried, `${name} (done)`]
  })

const report = (): string[] =>
  Object.entries(files).flatMap(([title, file]) => {
    if (!existsSync(file)) return []
    const { sequences, counts } = readCounts(file)
    const states = statesOf(counts)
    console.log(`\n  ${title}: done/refused by function and state, over ${sequences} sequences\n`)
    console.log(table(counts, states))
    return sequences < enough ? [] : missing(counts, states)
  })

/** Before the tests the counts are emptied, afterwards printed and judged. */
export const reach: HardhatPlugin = {
  id: 'sunledger-reach',
  hookHandlers: {
    test: async () => ({
      default: async () => ({
        onTestRunStart: async (context, id, next) => {
          rmSync(folder, { recursive: true, force: true })
          mkdirSync(folder, { recursive: true })
          await next(context, id)
        },
        onTestRunDone: async (context, id, next) => {
          await next(context, id)
          const never = report()
          if (never.length > 0) throw new Error(`The stateful fuzz tests never reached: ${never.join(', ')}`)
        },
      }),
    }),
  },
}
