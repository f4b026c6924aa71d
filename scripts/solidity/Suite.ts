/**
 * Runs the contract tests as Hardhat does, by the same engine, but on artifacts that lie in memory: with contracts that were changed, or
 * compiled in another way.
 */
import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Artifact, ArtifactId, SolidityTestRunnerConfigArgs, SuiteResult, TestResult } from '@nomicfoundation/edr'
import * as Compile from './Compile.ts'

// The package has no ES module entry whose names Node could see.
const edr = createRequire(import.meta.url)('@nomicfoundation/edr') as typeof import('@nomicfoundation/edr')

const hardfork = 'osaka'
const solcVersion = '0.8.37'

/** As tests are compiled: fast. Nothing that they check depends on how well the contracts are optimised. */
export const settings = {
  evmVersion: hardfork,
  optimizer: { enabled: true, runs: 1 },
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
  /** Gets the coverage tags that were hit. */
  readonly onCoverage?: (tags: Uint8Array[]) => Promise<void>
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
  const selection = Object.fromEntries(files.map((file) => [file, { '*': selected }]))
  const output = Compile.compile(Compile.collect(files, replaced), compilerSettings, selection)
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
  projectRoot: Compile.root,
  hardfork,
  fsPermissions: [
    { access: edr.FsAccessPermission.ReadFile, path: 'test/fixtures/digests.json' },
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
  ...(options.onCoverage && { observability: { codeCoverage: { onCollectedCoverageCallback: options.onCoverage } } }),
})
