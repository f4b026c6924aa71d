/** How strategies and networks are called on the page: short, and in one order. */
import type { Study } from './Study.ts'

export const short: Readonly<Record<string, string>> = {
  transfer: 'transfer',
  authorization: 'authorization',
  multicall: '100 authorizations',
  channel: 'channel a pair',
  clearing: 'Sunledger',
  'circle-gateway': 'Circle Gateway',
  lightning: 'Lightning',
}

export const strategy = (name: string): string => short[name] ?? name

export const network = ({ networks }: Study, name: string): string =>
  networks.find((one) => one.name === name)?.title ?? name

/** Networks that charge for gas: every strategy runs on them. */
export const onGas = ({ networks }: Study) => networks.filter(({ chargesGas }) => chargesGas)

/** Networks that charge in a way of their own. */
export const own = ({ networks }: Study) => networks.filter(({ chargesGas }) => !chargesGas)

/** Strategies that are priced on networks that charge for gas. */
export const strategiesOnGas = ({ strategies, networks, rows }: Study) =>
  strategies.filter(({ name }) =>
    rows.some((row) => row.strategy === name && networks.some((one) => one.chargesGas && one.name === row.network)),
  )

/** Two networks to draw where all would be too many: the cheapest rollup that is best known, and the dearest. */
export const shown = (study: Study): string[] => {
  const names = onGas(study).map(({ name }) => name)
  const preferred = ['base', 'ethereum'].filter((name) => names.includes(name))
  return [...preferred, ...names.filter((name) => !preferred.includes(name))].slice(0, 2)
}

/** The workload by which smallest payments are reckoned, and its largest executed size. */
export const main = ({ smallest, workloads }: Study) => {
  const gas =
    smallest.find(({ strategy: way }) => way === 'clearing') ?? smallest.find(({ strategy: way }) => way !== 'own')
  const workload = gas?.workload ?? workloads[0]?.name ?? ''
  return { workload, payments: gas?.payments ?? 0, title: workloads.find(({ name }) => name === workload)?.title ?? '' }
}
