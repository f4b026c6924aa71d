/** Every kind of participant misbehaves, for real, against the running service and chain; what each attacker gained and what honest ones lost. */
import * as Attacks from './Attacks.ts'
import type { Definition } from './Definition.ts'
import * as Meters from './Meters.ts'
import * as OperatorAttack from './OperatorAttack.ts'
import type { Scene } from './Scene.ts'
import * as Show from './Show.ts'

const seen: Attacks.Attack[] = []

const play = async (scene: Scene): Promise<void> => {
  seen.length = 0
  const honest = await scene.connect('honest', 0)
  await scene.deposit(honest, 1_000_000n)
  const attacks = [
    ...[Attacks.repeated, Attacks.forked, Attacks.beyond, Attacks.replayed, Attacks.leaving, Attacks.stolen],
    ...[Meters.tooMuch, Meters.atNight, Attacks.flood, OperatorAttack.operator],
  ]
  for (const attack of attacks) {
    if (scene.options.signal.aborted) return
    const found = await scene.paying(() => attack(scene, honest))
    seen.push(found)
    scene.options.say(`${found.name}: ${found.refused} of ${found.tries} refused, gained ${found.gainedAtomic}`)
    if ('tookMs' in found) {
      const samples = found.tookMs as readonly number[]
      const latency = [50, 99].map((percentile) => Show.rank(samples, percentile).toFixed(0)).join(' / ')
      scene.note('an honest payment during the flood, p50 / p99', `${latency} ms (${samples.length})`)
    }
  }
  await scene.settle()
}

export const byzantine: Definition = {
  name: 'byzantine',
  question:
    'When payers, payees, meters, thieves, floods and the operator itself attack, what does each gain, and what do honest participants lose?',
  parameters: () => [
    { name: 'each attacker’s deposit', value: '$1', basis: 'assumed', source: 'so that gains and losses are plain' },
    {
      name: 'a stolen key’s budget',
      value: '$0.05 a day',
      basis: 'assumed',
      source: 'set by the bound owner, enforced by the service',
    },
  ],
  play,
  answer({ notes, checks }) {
    const lost = seen.reduce((sum, { lostAtomic }) => sum + lostAtomic, 0n)
    const stolen = seen.find(({ name }) => name.includes('stolen'))?.lostAtomic ?? 0n
    const broken = checks.filter(({ ok }) => !ok).map(({ id }) => id)
    return {
      findings: [
        ...seen.map(({ name, tries, refused, gainedAtomic, lostAtomic, bound }) => ({
          name,
          value: `${refused} of ${tries} refused or without effect; gained ${gainedAtomic}, honest lost ${lostAtomic} (bound: ${bound})`,
          basis: 'measured' as const,
        })),
        ...notes,
        { name: 'checks that do not hold', value: broken.join(', ') || 'none', basis: 'measured' },
      ],
      conclusion: `Honest participants lost ${Show.dollars(lost)}, all of it to a stolen key, within the budget that its owner had set (${Show.dollars(
        stolen,
      )}). A meter that lies within its capacity mints until it is revoked: that bound is the issuer’s to watch. Every other attack gained nothing${
        broken.length === 0 ? ', and ledger and chain agree afterwards' : ''
      }.`,
    }
  },
}
