/**
 * What a process says when it ends by an error that nobody expected: its trace, without secrets. Node would print it as it is, with whatever
 * a library quoted; and arguments that are read wrongly are quoted back, so the secrets among them are registered before they are read.
 */
import { inspect } from 'node:util'
import * as RpcUrl from '../chain/RpcUrl.ts'
import * as Secrets from '../core/Secrets.ts'
import * as Ending from './Ending.ts'

/** Flags whose value may hold a provider's key. */
const secretFlags = ['--rpc', '--live']

const concealed = (text: string | undefined): void => {
  if (text === undefined || !URL.canParse(text.trim()) || !/^https?:/.test(text.trim())) return
  RpcUrl.conceal(text)
}

/** Registers what arguments and environment hold of secrets, and sees to traces. To be called first of all. */
export const install = (): void => {
  const args = process.argv.slice(2)
  concealed(process.env[RpcUrl.variable])
  args.forEach((arg, i) => {
    const flag = secretFlags.find((name) => arg === name || arg.startsWith(`${name}=`))
    if (flag !== undefined) concealed(arg === flag ? args[i + 1] : arg.slice(flag.length + 1))
  })
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${Secrets.scrub(inspect(error))}\n`)
    void Ending.end(1)
  })
}
