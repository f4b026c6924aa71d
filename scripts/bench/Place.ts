/** A chain and a service as processes of their own, in a folder that goes with them, and an account with money. */
import * as Keys from '../../src/chain/Keys.ts'
import * as Network from '../../src/cli/Network.ts'
import * as Scratch from '../../src/cli/Scratch.ts'
import { Client } from '../../src/sdk/Client.ts'
import { Robot } from '../../src/sdk/Robot.ts'

export interface Place extends Network.Network {
  readonly client: Client
  readonly token: string
  readonly data: string
  /** A figure of the service's metrics. */
  metric(name: string): Promise<number>
  ledger(): Promise<string>
}

export const open = async (say: (text: string) => void, limits: readonly string[] = []): Promise<Place> => {
  const data = Scratch.folder()
  const keys = Keys.random()
  let failed: Error | undefined
  const network = await Network.start({
    data,
    keys,
    host: '127.0.0.1',
    port: 0,
    settleEverySeconds: 5,
    manualSettlement: true,
    limits,
    progress: say,
    onFailure(error) {
      failed = error
    },
  })
  const text = async (path: string): Promise<string> => {
    if (failed !== undefined) throw failed
    const answer = await fetch(network.url + path, { headers: { authorization: `Bearer ${keys.operatorToken}` } })
    return answer.text()
  }
  return {
    ...network,
    client: new Client(network.url),
    token: keys.operatorToken,
    data,
    async metric(name) {
      const line = (await text('/metrics')).split('\n').find((each) => each.startsWith(`${name} `))
      return Number(line?.split(' ')[1] ?? Number.NaN)
    },
    ledger: () => text('/v1/ledger'),
    async stop() {
      await network.stop()
      Scratch.remove(data)
    },
  }
}

/** An account with dollars. */
export const robot = async ({ url }: Place, key: `0x${string}`, dollars: string): Promise<Robot> => {
  const connected = await Robot.connect(url, { account: key, keep: false })
  await connected.deposit(dollars)
  return connected
}
