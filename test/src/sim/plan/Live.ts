/** Days carried out in packed purses. */
import { Engine, type EngineOptions, type Slot } from '../../../../src/sim/Engine.ts'
import type * as Scenario from '../../../../src/sim/Scenario.ts'

export const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, amount) => total + amount, 0n)

export interface Day {
  readonly engine: Engine
  readonly slots: readonly Slot[]
}

export const live = (
  world: Scenario.World,
  options: EngineOptions = {},
  each: (engine: Engine, slot: Slot) => void = () => {},
): Day => {
  const engine = new Engine(world, options)
  const slots: Slot[] = []
  while (!engine.isOver) {
    const slot = engine.step()
    slots.push(slot)
    each(engine, slot)
  }
  return { engine, slots }
}

export const total = (slots: readonly Slot[], of: (slot: Slot) => number): number =>
  slots.reduce((all, slot) => all + of(slot), 0)
