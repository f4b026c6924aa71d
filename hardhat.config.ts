// How the contracts are compiled and their Solidity tests are run. The compiler is the npm package `solc`, pinned exactly, so that
// nothing is downloaded.
import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'
import type { HardhatPlugin } from 'hardhat/types/plugins'
import { reach, reachFiles } from './test/contracts/reach.ts'

const require = createRequire(import.meta.url)
const solc = { version: '0.8.37', path: require.resolve('solc/soljson.js') }

/** Comments do not change bytecode: the metadata hash is left out, and the generated ABIs stay comparable. */
export const contracts = {
  ...solc,
  settings: {
    evmVersion: 'osaka',
    optimizer: { enabled: true, runs: 1_000_000 },
    viaIR: true,
    metadata: { bytecodeHash: 'none' },
  },
}

/** Tests deploy the artifacts of the contracts, so they need not be compiled as slowly and thoroughly themselves. */
const tests = { ...solc, settings: { evmVersion: 'osaka', optimizer: { enabled: true, runs: 1 } } }
const testFiles = globSync('test/contracts/**/*.sol', { cwd: import.meta.dirname })

/** Hardhat compiles together what shares one settings object, but resolves each file's settings into an object of its own. */
const compileTestsTogether: HardhatPlugin = {
  id: 'sunledger-compile-tests-together',
  hookHandlers: {
    config: async () => ({
      default: async () => ({
        resolveUserConfig: async (userConfig, resolveVariable, next) => {
          const config = await next(userConfig, resolveVariable)
          for (const { overrides } of Object.values(config.solidity.profiles)) {
            const [shared] = Object.values(overrides)
            for (const file of Object.keys(overrides)) if (shared) overrides[file] = shared
          }
          return config
        },
      }),
    }),
  },
}

const fuzzing = {
  fsPermissions: { readFile: ['test/fixtures/digests.json'], writeFile: [...reachFiles] },
  fuzz: { runs: 256, seed: '0x5000' },
}
/** A handler knows beforehand what must be done and what refused, so that whatever reverts in it is a finding. */
const honest = { failOnRevert: true }

export default defineConfig({
  plugins: [compileTestsTogether, reach],
  solidity: {
    compilers: [contracts],
    overrides: Object.fromEntries(testFiles.map((file) => [file.replaceAll('\\', '/'), tests])),
  },
  paths: {
    sources: 'contracts',
    tests: { solidity: 'test/contracts' },
  },
  networks: {
    // Automine may put several blocks into one second; time moves only when something asks for it.
    default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka', allowBlocksWithSameTimestamp: true },
  },
  test: {
    solidity: {
      profiles: {
        default: { ...fuzzing, invariant: { runs: 24, depth: 200, ...honest } },
        // npx hardhat test solidity --test-profile deep: hours instead of seconds.
        deep: { ...fuzzing, fuzz: { runs: 10_000, seed: '0x5000' }, invariant: { runs: 1_000, depth: 500, ...honest } },
      },
    },
  },
})
