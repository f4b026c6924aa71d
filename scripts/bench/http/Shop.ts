/**
 * A process that sells: an Express application with routes behind a paywall. `node Shop.ts` reads from its first argument what to sell and
 * says on stdout where; it ends with its stdin.
 */
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import express, { type Express } from 'express'
import * as Children from '../../../src/cli/Children.ts'
import * as Ending from '../../../src/cli/Ending.ts'

export interface Running {
  readonly url: string
  stop(): Promise<void>
}

/** Starts a file of ours as a process, with what it needs to know. */
export const start = async (file: string, needs: object): Promise<Running> => {
  const child = Children.own(
    spawn(process.execPath, [...process.execArgv, file, JSON.stringify(needs)], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`${file} ended with code ${code}`)))
    child.once('error', reject)
  })
  return {
    url,
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}

/** The other side: serves an application in this process until stdin ends. */
export const serve = (build: (app: Express) => void): void => {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  build(app)
  const server = createServer({ keepAliveTimeout: 65_000 }, app)
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
  })
  process.stdin.resume().once('end', () => void Ending.end(0))
}

/** What the child was told. */
export const needs = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T
