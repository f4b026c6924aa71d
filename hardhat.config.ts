// How the contracts are compiled and their Solidity tests are run. The compiler is the npm package `solc`, pinned exactly, so that
// nothing is downloaded. Comments do not change bytecode: the metadata hash is left out, and the generated ABIs stay comparable.
import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'

const require = createRequire(import.meta.url)

export default defineConfig({
  solidity: {
    version: '0.8.37',
    path: require.resolve('solc/soljson.js'),
    settings: {
      evmVersion: 'osaka',
      optimizer: { enabled: true, runs: 20_000 },
      viaIR: true,
      metadata: { bytecodeHash: 'none' },
    },
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
      fuzz: { runs: 256, seed: '0x5000' },
      invariant: { runs: 24, depth: 64, failOnRevert: true },
    },
  },
})
