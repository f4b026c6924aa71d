/**
 * Compiles contracts with the project's compiler and settings (hardhat.config.ts), without Hardhat: what is generated from them depends on
 * the sources alone.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { BuildInfo } from '@nomicfoundation/ignition-core'
import * as Compiler from '../../hardhat.config.ts'

const root = new URL('../../', import.meta.url)

export type Compiled = {
  abi: unknown[]
  evm: { bytecode: { object: string }; deployedBytecode: { object: string } }
}
type Output = {
  errors?: { severity: string; formattedMessage: string }[]
  contracts?: Record<string, Record<string, Compiled>>
}
type Sources = Record<string, { content: string }>

/** Reads the files and everything that they import, by the names that they are imported under. */
export const collect = async (paths: readonly string[], given: Sources = {}): Promise<Sources> => {
  const sources: Sources = {}
  const queue = [...paths]
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (sources[path]) continue
    const content =
      given[path]?.content ??
      (await readFile(new URL(path.startsWith('@') ? `node_modules/${path}` : path, root), 'utf8'))
    sources[path] = { content }
    for (const [, imported = ''] of content.matchAll(/^import\s[^;]*?"([^"]+)";/gm)) {
      queue.push(imported.startsWith('.') ? new URL(imported, `file:///${path}`).pathname.slice(1) : imported)
    }
  }
  return sources
}

/**
 * @param contracts where each contract stands, by its name
 * @throws {Error} with the compiler's own words
 */
export const compile = (
  sources: Sources,
  contracts: { readonly [name: string]: string },
): { readonly [name: string]: Compiled } => {
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string }
  const selected = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object']
  const outputSelection = Object.fromEntries(
    Object.entries(contracts).map(([name, path]) => [path, { [name]: selected }]),
  )
  const input = { language: 'Solidity', sources, settings: { ...Compiler.contracts.settings, outputSelection } }
  const result = JSON.parse(solc.compile(JSON.stringify(input))) as Output
  const errors = (result.errors ?? []).filter((error) => error.severity === 'error')
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'))
  return Object.fromEntries(
    Object.entries(contracts).map(([name, path]) => {
      const compiled = result.contracts?.[path]?.[name]
      if (!compiled) throw new Error(`The compiler gave nothing for ${name}`)
      return [name, compiled]
    }),
  )
}

/** All that the compiler was told about a contract: block explorers compile it again and compare. */
export const buildInfoOf = async (contract: string, path: string): Promise<BuildInfo> => {
  const sources = await collect([path])
  const input = { language: 'Solidity', sources, settings: { ...Compiler.contracts.settings, outputSelection: {} } }
  const { version } = createRequire(import.meta.url)('solc') as { version(): string }
  const userSourceNameMap = Object.fromEntries(Object.keys(sources).map((name) => [name, name]))
  return {
    _format: 'hh3-sol-build-info-1',
    id: `sunledger-${contract}`,
    solcVersion: Compiler.contracts.version,
    // As explorers name it: without the platform behind it.
    solcLongVersion: version().replace(/\.Emscripten.*$/, ''),
    input: input as unknown as BuildInfo['input'],
    userSourceNameMap,
  }
}
