/** The process of `paid.route`: one route behind our paywall, as a reader of the README would write it. */
import { paywall } from '../../../src/sdk/paywall/Paywall.ts'
import * as Shop from './Shop.ts'

export interface Needs {
  readonly clearing: string
  readonly payTo: string
  readonly price: string
  readonly publicUrl: string
}

const wall = paywall({ ...Shop.needs<Needs>(), served: [] })
await wall.ready()
Shop.serve((app) => void app.get('/charge', wall, (_request, response) => void response.json({ charged: true })))
