/**
 * Builds what an installed package runs: `dist`, compiled from `src`, because Node strips no types under `node_modules`. Beside the
 * compiled code go the files that are no TypeScript (the dashboard's page) and the pinned toolchain of the local chain.
 * `npm pack` runs this; it prints nothing on stdout, where npm prints the name of the package file.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import * as Entry from '../src/cli/Entry.ts'
import { toolchainOf } from './build/toolchain.ts'

const root = path.join(import.meta.dirname, '..')
const source = path.join(root, 'src')
const target = path.join(root, 'dist')

function build(): number {
  rmSync(target, { recursive: true, force: true })
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc')
  const args = [compiler, '--project', path.join(root, 'tsconfig.build.json')]
  // The compiler reports on stdout, which belongs to npm here.
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', process.stderr.fd, process.stderr.fd] })
  if (status !== 0) return status ?? 1
  cpSync(source, target, { recursive: true, filter: (file) => !/\.(ts|md)$/.test(file) })
  writeToolchain()
  return 0
}

function writeToolchain(): void {
  const read = (name: string) => JSON.parse(readFileSync(path.join(root, name), 'utf8'))
  const { manifest, lock } = toolchainOf(read('package.json'), read('package-lock.json'))
  const folder = path.join(target, 'toolchain')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  writeFileSync(path.join(folder, 'package-lock.json'), `${JSON.stringify(lock, undefined, 2)}\n`)
}

await Entry.run(async () => build())
