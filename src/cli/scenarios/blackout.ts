/**
 * A day with real faults: the service is killed, the chain stands still, the chain forgets its last blocks. The economy goes on through each; the
 * report's checks say whether anything was lost, and each fault how long it took to be over.
 */
import * as Audit from '../../report/Audit.ts'
import type { EconomyState } from '../../sim/Feed.ts'
import type { Definition } from './Definition.ts'
import type { Scene } from './Scene.ts'
import * as Show from './Show.ts'

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** How long the chain stands still. */
const stillMs = 5_000

/** Asks until the service answers. */
const answered = async (scene: Scene): Promise<number> => {
  const began = performance.now()
  while (!scene.options.signal.aborted) {
    const ready = await fetch(`${scene.options.network.url}/readyz`, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) break
    await pause(20)
  }
  return performance.now() - began
}

const kill = async (scene: Scene): Promise<void> => {
  process.kill(scene.options.network.servicePid(), 'SIGKILL')
  const ms = await answered(scene)
  scene.note('service killed (kill -9): ready again after', Show.seconds(ms))
}

/** The service dies while the next slot's payments are on their way. */
const killLater = (scene: Scene): void => {
  setTimeout(() => {
    const began = performance.now()
    process.kill(scene.options.network.servicePid(), 'SIGKILL')
    void answered(scene).then(() =>
      scene.note(
        'service killed in the middle of payments: ready again after',
        Show.seconds(performance.now() - began),
      ),
    )
  }, 60)
}

/** The chain's process is stopped; payments are accepted meanwhile, and what is to be settled waits. */
const still = async (scene: Scene): Promise<void> => {
  const { network } = scene.options
  const [payer, payee] = await Promise.all([scene.connect('witness', 0), scene.connect('witness', 1)])
  await scene.deposit(payer, 1000n)
  process.kill(network.chainPid, 'SIGSTOP')
  const began = performance.now()
  const timer = setTimeout(() => process.kill(network.chainPid, 'SIGCONT'), stillMs)
  try {
    const receipt = await scene.pay(payer, { to: payee.address, amount: 1n, for: 'while the chain stands still' })
    const paid = receipt === undefined ? 'refused' : `accepted after ${Show.seconds(performance.now() - began)}`
    scene.note('a payment while the chain stands still', paid)
    const settled = await scene.settle()
    scene.note(
      `chain stopped for ${Show.seconds(stillMs)}: settled after`,
      `${Show.seconds(performance.now() - began)}, ${settled.members} accounts`,
    )
  } finally {
    clearTimeout(timer)
    process.kill(network.chainPid, 'SIGCONT')
  }
}

/** The chain forgets blocks in which payments were settled, and goes on from before. */
const forget = async (scene: Scene): Promise<void> => {
  const before = await scene.raw('eth_blockNumber')
  const snapshot = await scene.raw('evm_snapshot')
  const lost = await scene.settle()
  await scene.raw('evm_mine')
  const after = await scene.raw('eth_blockNumber')
  await scene.raw('evm_revert', snapshot)
  await scene.raw('evm_mine')
  const began = performance.now()
  const again = await scene.settle()
  scene.note(
    'chain forgot its last blocks: settled again after',
    `${Show.seconds(performance.now() - began)}; ${Number(after) - Number(before)} blocks, ${lost.members} accounts undone, ${again.members} in the next settlement`,
  )
}

/** What happens after which slot. Slots that end a settlement leave nothing to undo, so faults of the chain lie between. */
const faults: { readonly [slot: number]: (scene: Scene) => void | Promise<void> } = {
  8: kill,
  10: killLater,
  13: still,
  17: forget,
}

export const blackout: Definition = {
  name: 'blackout',
  question:
    'When the service is killed, the chain stands still or forgets its last blocks, what is lost, and how long does recovery take?',
  parameters: () => [
    {
      name: 'faults',
      value: `kill -9 of the service, twice; chain stopped for ${Show.seconds(stillMs)}; a reorganisation`,
      basis: 'assumed',
      source: 'made for real, on the running processes',
    },
  ],
  simulation: { robots: 200, producers: 20, sites: 5, stations: 5, storages: 2, slots: 24 },
  settleEvery: 4,
  async afterSlot(scene: Scene, { slot }: EconomyState) {
    await faults[slot]?.(scene)
  },
  answer({ notes, outcome, acknowledged, tally, checks }) {
    const lost = Audit.lost(tally, acknowledged).length
    const broken = checks.filter(({ ok }) => !ok).map(({ id }) => id)
    return {
      findings: [
        ...notes,
        {
          name: 'payments acknowledged / in the journal / settled',
          value: `${acknowledged.size} / ${tally.accepted} / ${tally.settled}`,
          basis: 'measured',
        },
        {
          name: 'payments refused',
          value:
            Object.entries(outcome.rejected)
              .map(([code, count]) => `${count} × ${code}`)
              .join(', ') || 'none',
          basis: 'measured',
        },
        { name: 'checks that do not hold', value: broken.join(', ') || 'none', basis: 'measured' },
      ],
      conclusion: `Acknowledged payments lost: ${lost}; made twice: ${tally.repeated}. ${
        broken.length === 0
          ? 'Ledger and chain agree at the end, and every check holds'
          : `These checks do not hold: ${broken.join(', ')}`
      }. ${notes.map(({ name, value }) => `${name} ${value}`).join('; ')}.`,
    }
  },
}
