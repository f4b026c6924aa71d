/**
 * A client of `bench recovery`, in a process of its own: some robots that pay each other and those of the other clients without end, through
 * the SDK. Every receipt is told to the parent at once. Arguments: URL, seed, number of this client, clients, robots of each.
 */

import * as Ending from '../../../src/cli/Ending.ts'
import { Robot } from '../../../src/index.ts'
import * as Account from './Account.ts'

const [url = '', seed = '', own = '', clients = '', count = ''] = process.argv.slice(2)
const [mine, all, each] = [Number(own), Number(clients), Number(count)]
const { address: addressOf, key: keyOf } = Account.of(Number(seed))

/** Long enough for every start of the service. */
const retryForMs = 120_000
const atOnce = 8

const tell = (message: Account.Told): void => void process.send?.(message)

let isPaused = false
let wake: (() => void)[] = []
/** Payments under way. */
let open = 0

const paying = async (robot: Robot, index: number): Promise<void> => {
  for (let i = 0; ; i++) {
    while (isPaused) await new Promise<void>((resolve) => wake.push(resolve))
    const [client, other] = [(mine + i) % all, (index + 1 + (i % (each - 1))) % each]
    open++
    const { payment } = await robot.pay({ to: addressOf(client, other), amount: BigInt(1 + (i % 9)) })
    open--
    const { id, payer, payee, amount, total } = payment
    tell({ type: 'paid', id, payer, payee, amount: `${amount}`, total: `${total}` })
    if (isPaused && open === 0) tell({ type: 'quiet' })
  }
}

process.on('message', (message: 'pause' | 'resume') => {
  isPaused = message === 'pause'
  if (isPaused && open === 0) tell({ type: 'quiet' })
  if (isPaused) return
  for (const resolve of wake) resolve()
  wake = []
})
process.once('disconnect', () => void Ending.end(0))

const robots = await Promise.all(
  Array.from({ length: each }, (_, i) => Robot.connect(url, { account: keyOf(mine, i), retryForMs, keep: false })),
)
for (const robot of robots) await robot.deposit('1000')
tell({ type: 'ready' })
await Promise.all(robots.flatMap((robot, index) => Array.from({ length: atOnce }, () => paying(robot, index))))
