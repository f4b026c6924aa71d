/**
 * Contracts as they go on chain: compiled with the project's settings (hardhat.config.ts) and without Hardhat, so that what is generated from
 * them depends on the sources alone.
 */
import { createRequire } from 'node:module'
import type { BuildInfo } from '@nomicfoundation/ignition-core'
import * as Project from '../../hardhat.config.ts'
import * as Compile from './Compile.ts'

const selected = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object']

/**
 * @param contracts where each contract stands, by its name
 * @param given sources that do not lie on the disk, by their path
 * @throws {Compile.CompileError} with the compiler's own words
 */
export const compile = <const Name extends string>(
  contracts: { readonly [name in Name]: string },
  given: Readonly<Record<string, string>> = {},
): { readonly [name in Name]: Compile.Compiled } => {
  const named = Object.entries<string>(contracts)
  const selection = Object.fromEntries(named.map(([name, path]) => [path, { [name]: selected }]))
  const sources = Compile.collect(Object.values<string>(contracts), given)
  const output = Compile.compile(sources, Project.contracts.settings, selection)
  const compiled = named.map(([name, path]) => {
    const found = output.contracts?.[path]?.[name]
    if (!found) throw new Error(`The compiler gave nothing for ${name}`)
    return [name, found]
  })
  return Object.fromEntries(compiled) as { readonly [name in Name]: Compile.Compiled }
}

/** All that the compiler was told about a contract: block explorers compile it again and compare. */
export const buildInfoOf = (contract: string, path: string): BuildInfo => {
  const sources = Compile.collect([path])
  const input = { language: 'Solidity', sources, settings: { ...Project.contracts.settings, outputSelection: {} } }
  const { version } = createRequire(import.meta.url)('solc') as { version(): string }
  const userSourceNameMap = Object.fromEntries(Object.keys(sources).map((name) => [name, name]))
  return {
    _format: 'hh3-sol-build-info-1',
    id: `sunledger-${contract}`,
    solcVersion: Project.contracts.version,
    // As explorers name it: without the platform behind it.
    solcLongVersion: version().replace(/\.Emscripten.*$/, ''),
    input: input as unknown as BuildInfo['input'],
    userSourceNameMap,
  }
}
