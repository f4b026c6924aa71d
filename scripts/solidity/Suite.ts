/**
 * Runs the contract tests as Hardhat does, by the same engine, but on artifacts that lie in memory: with contracts that were changed, or
 * compiled in another way.
 */
import { copyFileSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Artifact, ArtifactId, SolidityTestRunnerConfigArgs, SuiteResult, TestResult } from '@nomicfoundation/edr'
import * as Compile from './Compile.ts'

// The package has no ES module entry whose names Node could see.
const edr = createRequire(import.meta.url)('@nomicfoundation/edr') as typeof import('@nomicfoundation/edr')

const hardfork = 'osaka'
const fixture = 'test/fixtures/digests.json'
const solcVersion = '0.8.37'

/**
 * Compiled as fast as it goes: of the optimizer only what keeps the stack from getting too deep. Nothing that tests check depends on
 * how well contracts are optimised.
 */
const nothingElse = { inliner: false, orderLiterals: false, deduplicate: false, cse: false, constantOptimizer: false }
const details = { peephole: true, jumpdestRemover: true, ...nothingElse, yul: true }
export const settings = {
  evmVersion: hardfork,
  optimizer: {
    enabled: true,
    runs: 1,
    details: { ...details, yulDetails: { stackAllocation: true, optimizerSteps: ':' } },
  },
  metadata: { bytecodeHash: 'none' },
}

const selected = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object']

export interface Options {
  readonly fuzzRuns: number
  readonly invariantRuns: number
  readonly depth: number
  /** What a test may use; a loop without end ends here. */
  readonly gasLimit: bigint
  readonly seed?: string
}

export interface Failure {
  readonly suite: string
  readonly test: string
  readonly reason: string
}

export const contractFiles = (): string[] => globSync('contracts/**/*.sol', { cwd: Compile.root }).map(slashes).sort()

export const testFiles = (): string[] => globSync('test/contracts/**/*.sol', { cwd: Compile.root }).map(slashes).sort()

const slashes = (file: string): string => file.replaceAll('\\', '/')

/** Compiles files, some of them `replaced`, to artifacts. */
export const artifactsOf = (
  files: readonly string[],
  replaced: Readonly<Record<string, string>> = {},
  compilerSettings: object = settings,
): Artifact[] => {
  return artifactsIn(Compile.collect(files, replaced), files, compilerSettings)
}

/** Compiles to artifacts what of the sources is named. */
export const artifactsIn = (
  sources: Compile.Sources,
  files: readonly string[],
  compilerSettings: object,
): Artifact[] => {
  const selection = Object.fromEntries(files.map((file) => [file, { '*': selected }]))
  const output = Compile.compile(sources, compilerSettings, selection)
  return Object.entries(output.contracts ?? {}).flatMap(([source, contracts]) =>
    Object.entries(contracts).map(([name, compiled]) => artifactOf(source, name, compiled)),
  )
}

const artifactOf = (source: string, name: string, { abi, evm }: Compile.Compiled): Artifact => {
  const links = { linkReferences: {}, deployedLinkReferences: {} }
  const code = evm.bytecode.object === '' ? {} : codeOf(evm)
  return { id: { name, source, solcVersion }, contract: { abi: JSON.stringify(abi), ...links, ...code } }
}

const codeOf = ({ bytecode, deployedBytecode }: Compile.Compiled['evm']) => ({
  bytecode: `0x${bytecode.object}`,
  deployedBytecode: `0x${deployedBytecode.object}`,
})

/** The test contracts among artifacts. */
export const suitesOf = (artifacts: readonly Artifact[]): ArtifactId[] => artifacts.filter(isSuite).map(({ id }) => id)

const isSuite = ({ id, contract }: Artifact): boolean =>
  id.source.endsWith('.t.sol') &&
  contract.bytecode !== undefined &&
  (JSON.parse(contract.abi) as Compile.AbiItem[]).some(
    ({ type, name }) => type === 'function' && /^(test|invariant)/.test(name ?? ''),
  )

type Context = InstanceType<typeof edr.EdrContext>
let context: Promise<Context> | undefined
let folder: string | undefined

/** Where tests find the fixtures and leave how far they got: not in the project, whose own counts must stay its own. */
const placeOfItsOwn = (): string => {
  const made = mkdtempSync(path.join(tmpdir(), 'sunledger-solidity-'))
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  for (const part of ['test/fixtures', 'reports/reach']) mkdirSync(path.join(made, part), { recursive: true })
  copyFileSync(path.join(Compile.root, fixture), path.join(made, fixture))
  return made
}

const contextOf = async (): Promise<Context> => {
  const made = new edr.EdrContext()
  await made.registerSolidityTestRunnerFactory(edr.L1_CHAIN_TYPE, edr.l1SolidityTestRunnerFactory())
  return made
}

/** Runs test contracts and returns what failed. */
export const run = async (
  artifacts: readonly Artifact[],
  suites: readonly ArtifactId[],
  options: Options,
): Promise<Failure[]> => {
  context ??= contextOf()
  folder ??= placeOfItsOwn()
  const failures: Failure[] = []
  const results: SuiteResult[] = []
  await (await context).runSolidityTests(
    edr.L1_CHAIN_TYPE,
    [...artifacts],
    [...suites],
    configOf(options),
    { buildInfos: [] },
    (result) => results.push(result),
  )
  // The engine says that it is done before its last words have arrived.
  while (results.length < suites.length) await new Promise(setImmediate)
  for (const { id, testResults } of results) {
    failures.push(...testResults.filter(hasFailed).map((result) => failureOf(id.name, result)))
  }
  return failures
}

const hasFailed = ({ status }: TestResult): boolean => String(status) === 'Failure'

const failureOf = (suite: string, { name, reason }: TestResult): Failure => ({
  suite,
  test: name,
  reason: reason ?? '',
})

const configOf = (options: Options): SolidityTestRunnerConfigArgs => ({
  projectRoot: folder ?? Compile.root,
  hardfork,
  fsPermissions: [
    { access: edr.FsAccessPermission.ReadFile, path: fixture },
    ...['clearing', 'energy'].map((name) => ({
      access: edr.FsAccessPermission.WriteFile,
      path: `reports/reach/${name}.txt`,
    })),
  ],
  localPredeploys: edr.l1GenesisState(edr.l1HardforkFromString(hardfork)),
  gasLimit: options.gasLimit,
  disableBlockGasLimit: true,
  disableTransactionGasCap: true,
  collectStackTraces: edr.CollectStackTraces.OnFailure,
  fuzz: { runs: options.fuzzRuns, seed: options.seed ?? '0x5000' },
  invariant: { runs: options.invariantRuns, depth: options.depth, failOnRevert: true, shrinkRunLimit: 0 },
})
