/** Every route of the service, by the part that it belongs to. A new one is added to its part, or a new part here. */
import type { Route } from './Route.ts'
import * as Accounts from './routes/Accounts.ts'
import * as Energy from './routes/Energy.ts'
import * as Facilitator from './routes/Facilitator.ts'
import * as Money from './routes/Money.ts'
import * as Operator from './routes/Operator.ts'
import * as Page from './routes/Page.ts'
import * as Payments from './routes/Payments.ts'
import * as Service from './routes/Service.ts'

export const routes: readonly Route[] = [
  Payments,
  Accounts,
  Money,
  Energy,
  Facilitator,
  Operator,
  Service,
  Page,
].flatMap((part) => part.routes)
