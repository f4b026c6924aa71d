/**
 * What the launcher decides before anything runs: whether a Node is fit, what of the environment an inner npm may see, whether an
 * installation is whole, what npm's failure means. Each decision is a function of its input, so no network and no second Node is needed.
 */
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { missingPackages } from '../../bin/launcher/dependencies.mjs'
import { needsHardhat } from '../../bin/launcher/hardhat.mjs'
import { folderOf } from '../../bin/launcher/launch.mjs'
import { unfitBecause } from '../../bin/launcher/node.mjs'
import { installError, withNodeFirst, withoutNpm } from '../../bin/launcher/npm.mjs'
import { toolchainOf } from '../../scripts/build/toolchain.ts'

describe('unfitBecause', () => {
  const able = { stripsTypes: true, hasSqlite: true }

  it('behavior: takes 22.18 and later, with type stripping and SQLite', () => {
    expect(['22.18.0', '22.20.1', '24.0.0', '26.3.0'].map((version) => unfitBecause({ version, ...able }))).toEqual([
      null,
      null,
      null,
      null,
    ])
  })

  it('behavior: says what is wrong with others', () => {
    expect(unfitBecause({ version: '20.20.2', ...able })).toBe('Node 20.20.2 is older than 22.18')
    expect(unfitBecause({ version: '22.17.9', ...able })).toBe('Node 22.17.9 is older than 22.18')
    expect(unfitBecause({ version: '23.0.0', ...able, stripsTypes: false })).toBe(
      'Node 23.0.0 here does not strip types',
    )
    expect(unfitBecause({ version: '24.1.0', ...able, hasSqlite: false })).toBe('Node 24.1.0 here has no node:sqlite')
  })
})

describe('folderOf', () => {
  const root = path.join(import.meta.dirname, '..', '..')
  const [here, elsewhere] = [import.meta.dirname, os.tmpdir()]

  it('behavior: a script of ours runs where it was called, in a subfolder or anywhere', () => {
    for (const task of ['demo', 'sunledger', 'example', 'bench', 'deploy', 'mutants'])
      for (const initCwd of [here, elsewhere]) expect(folderOf(task, { cwd: root, initCwd })).toBe(initCwd)
  })

  it('behavior: what works on the checkout stays there, and so does a call whose place is unknown', () => {
    expect(folderOf('test', { cwd: root, initCwd: here })).toBe(root)
    expect(folderOf('demo', { cwd: root, initCwd: undefined })).toBe(root)
    expect(folderOf('demo', { cwd: root, initCwd: path.join(here, 'gone') })).toBe(root)
  })

  it("behavior: another package's script, or a call by hand, means the folder that it is in", () => {
    expect(folderOf('sunledger', { cwd: elsewhere, initCwd: here })).toBe(elsewhere)
  })
})

describe('withoutNpm', () => {
  it('behavior: keeps nothing of how Yarn finds packages, and all else of NODE_OPTIONS', () => {
    const pnp = '--require /a/.pnp.cjs --experimental-loader file:///a/.pnp.loader.mjs'
    expect(withoutNpm({ NODE_OPTIONS: pnp })).toEqual({})
    expect(withoutNpm({ NODE_OPTIONS: `--trace-warnings --require "/a b/.pnp.cjs"` })).toEqual({
      NODE_OPTIONS: '--trace-warnings',
    })
    expect(withoutNpm({ NODE_OPTIONS: '--require ./x.cjs' })).toEqual({ NODE_OPTIONS: '--require ./x.cjs' })
  })

  it('behavior: keeps how to reach the registry and drops what speaks of the outer command', () => {
    const env = {
      HOME: '/home/robot',
      INIT_CWD: '/home/robot/sunledger',
      NPM_CONFIG_REGISTRY: 'https://registry.example',
      'npm_config_//registry.example/:_authToken': 'secret',
      'npm_config_@sun:registry': 'https://sun.example',
      npm_config_cafile: '/etc/ca.pem',
      npm_config_https_proxy: 'http://proxy.example',
      npm_config_userconfig: '/home/robot/.npmrc',
    }
    const injected = {
      NPM_CONFIG_PRODUCTION: 'true',
      npm_command: 'run-script',
      npm_config_global: 'true',
      npm_config_local_prefix: '/home/robot/sunledger',
      npm_config_loglevel: 'silent',
      npm_config_omit: 'dev',
      npm_config_prefix: '/usr',
      npm_lifecycle_event: 'start',
      npm_package_name: 'sunledger',
    }
    expect(withoutNpm({ ...env, ...injected })).toEqual(env)
  })
})

describe('withNodeFirst', () => {
  it('behavior: puts the folder first, whatever the path is called', () => {
    expect(withNodeFirst('/cache/bin/node', { PATH: '/usr/bin' })).toEqual({ PATH: '/cache/bin:/usr/bin' })
    expect(withNodeFirst('/cache/bin/node', { Path: '/usr/bin' })).toEqual({ Path: '/cache/bin:/usr/bin' })
    expect(withNodeFirst('/cache/bin/node', {})).toEqual({ PATH: '/cache/bin' })
  })
})

describe('missingPackages', () => {
  const linux = { os: 'linux', cpu: 'x64', libc: 'glibc' }
  const native = { optional: true, version: '1.0.0', os: ['linux'], cpu: ['x64'] }
  const wanted = {
    '': { version: '0.1.0' },
    'node_modules/viem': { version: '2.0.0' },
    'node_modules/edr-linux-x64-gnu': { ...native, libc: ['glibc'] },
    'node_modules/edr-linux-x64-musl': { ...native, libc: ['musl'] },
    'node_modules/edr-darwin-arm64': { ...native, os: ['darwin'], cpu: ['arm64'] },
    'node_modules/not-windows': { ...native, os: ['!win32'] },
    'node_modules/wasm': { optional: true, version: '1.0.0' },
  }

  it('behavior: finds a whole installation whole', () => {
    const installed = {
      'node_modules/viem': { version: '2.0.0' },
      'node_modules/edr-linux-x64-gnu': { version: '1.0.0' },
      'node_modules/not-windows': { version: '1.0.0' },
    }
    expect(missingPackages(wanted, installed, linux)).toEqual([])
  })

  it('behavior: misses native parts that npm left out under an old Node, and other versions', () => {
    const installed = { 'node_modules/viem': { version: '1.9.9' }, 'node_modules/not-windows': { version: '1.0.0' } }
    expect(missingPackages(wanted, installed, linux)).toEqual(['viem 2.0.0', 'edr-linux-x64-gnu 1.0.0'])
  })
})

describe('installError', () => {
  it('error: SL692 without a network', () => {
    const output = 'npm http fetch GET https://registry.example/zod attempt 1 failed with ENOTFOUND\n'
    expect(installError('/project', output).message).toMatchInlineSnapshot(`
      "SL692: The npm registry could not be reached.
        Expected: a connection to the registry: the first start fetches Node and the dependencies
        Actual: ENOTFOUND for https://registry.example/zod
        Connect, or name the registry or proxy that your network uses (npm config set registry …), and start again."
    `)
  })

  it('error: SL693 on a full disk, SL694 without the right to write, SL695 for all else', () => {
    const codes = ['ENOSPC', 'EACCES', 'EINTEGRITY'].map(
      (code) => installError('/project', `npm error code ${code}\n`).code,
    )
    expect(codes).toEqual(['SL693', 'SL694', 'SL695'])
  })
})

describe('needsHardhat', () => {
  it('behavior: only what starts a chain', () => {
    const commands = [
      ['serve'],
      ['demo', '--exit'],
      ['--json', 'serve'],
      ['pay', 'serve'],
      ['serve', '--help'],
      ['--version'],
      [],
    ]
    expect(commands.map(needsHardhat)).toEqual([true, true, true, false, false, false, false])
  })
})

describe('toolchainOf', () => {
  it('behavior: takes what Hardhat needs, nested versions first, and nothing else', () => {
    const lock = {
      lockfileVersion: 3,
      packages: {
        'node_modules/hardhat': { version: '3.0.0', dev: true, dependencies: { ws: '8', zod: '3' } },
        'node_modules/hardhat/node_modules/zod': { version: '3.0.0', dev: true },
        'node_modules/zod': { version: '4.0.0' },
        'node_modules/ws': { version: '8.0.0', optionalDependencies: { 'ws-native': '1', 'not-in-lock': '1' } },
        'node_modules/ws-native': { version: '1.0.0', optional: true },
        'node_modules/@nomicfoundation/edr': { version: '1.0.0', dev: true },
        'node_modules/vitest': { version: '5.0.0', dev: true },
      },
    }
    const dependencies = { hardhat: '3.0.0', '@nomicfoundation/edr': '1.0.0' }
    const toolchain = toolchainOf({ devDependencies: { ...dependencies, vitest: '5.0.0' } }, lock)
    expect(toolchain.manifest).toEqual({ name: 'sunledger-toolchain', private: true, dependencies })
    expect(toolchain.lock.packages).toEqual({
      '': { name: 'sunledger-toolchain', dependencies },
      'node_modules/@nomicfoundation/edr': { version: '1.0.0' },
      'node_modules/hardhat': { version: '3.0.0', dependencies: { ws: '8', zod: '3' } },
      'node_modules/hardhat/node_modules/zod': { version: '3.0.0' },
      'node_modules/ws': { version: '8.0.0', optionalDependencies: { 'ws-native': '1', 'not-in-lock': '1' } },
      'node_modules/ws-native': { version: '1.0.0', optional: true },
    })
  })
})
