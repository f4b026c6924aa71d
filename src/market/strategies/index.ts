/** The strategies that participants follow unless others are given. */
import type { Role, Strategy } from '../Strategy.ts'
import { grid } from './grid.ts'
import { producer } from './producer.ts'
import { robot } from './robot.ts'
import { site } from './site.ts'
import { storage } from './storage.ts'

export const defaults: { readonly [R in Role]: Strategy<R> } = { robot, producer, site, storage, grid }
