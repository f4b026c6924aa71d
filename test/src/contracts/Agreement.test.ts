/**
 * The contracts against a model of them that is short enough to be obviously right: long random scenarios, the same in both, and after
 * each step they agree on the result or the error, and on everything that can be read. SUNLEDGER_MODEL_STEPS asks for longer ones,
 * SUNLEDGER_MODEL_SEED for others.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { cast, dice, type Scene } from './Cast.ts'
import { houseSteps } from './HouseSteps.ts'
import { pay } from './Messages.ts'
import { meterSteps } from './MeterSteps.ts'
import { noticeSeconds, open, type World, windowSeconds } from './World.ts'

const steps = Number(process.env['SUNLEDGER_MODEL_STEPS'] ?? 250)
const firstSeed = Number(process.env['SUNLEDGER_MODEL_SEED'] ?? 1)
const seeds = [firstSeed, firstSeed + 1]

/** Often none, now and then a whole window or notice period. */
const passTime = ({ world, dice: { chance, upTo, one } }: Scene): void => {
  if (chance(2)) return
  world.house.now += chance(4) ? one([windowSeconds, noticeSeconds]) : upTo(900n)
}

const play = async (scene: Scene, count: number): Promise<void> => {
  for (let done = 0; done < count; ) {
    passTime(scene)
    pay(scene)
    const step = scene.dice.one(scene.dice.chance(3) ? meterSteps : houseSteps)(scene)
    if (!step) continue
    await scene.world.step(step)
    done += 1
  }
}

describe('model and contracts', () => {
  const worlds: World[] = []
  afterAll(() => Promise.all(worlds.map((world) => world.close())))

  it.each(seeds)(
    `agree after each of ${steps} random steps (seed %i)`,
    async (seed) => {
      const people = cast()
      const world = await open(people.people, people.creditKeys[0]?.address as `0x${string}`)
      worlds.push(world)
      await play({ world, cast: people, dice: dice(seed) }, steps)
    },
    30_000 + 1_000 * steps,
  )

  it('have done, and mostly refused, everything that there is to do', () => {
    const sums = new Map<string, { done: number; refused: number }>()
    for (const [name, { done, refused }] of worlds.flatMap(({ counts }) => [...counts])) {
      const sum = sums.get(name) ?? { done: 0, refused: 0 }
      sums.set(name, { done: sum.done + done, refused: sum.refused + refused })
    }
    const names = [...sums.keys()].sort()
    const counted = names.map((name) => `${name} ${sums.get(name)?.done}/${sums.get(name)?.refused}`)
    console.log(`${worlds.length * steps} steps, done/refused: ${counted.join(', ')}`)
    expect(names.length).toBeGreaterThanOrEqual(23)
    expect(names.filter((name) => sums.get(name)?.done === 0)).toEqual([])
    expect(names.filter((name) => sums.get(name)?.refused !== 0).length).toBeGreaterThanOrEqual(16)
  })
})
