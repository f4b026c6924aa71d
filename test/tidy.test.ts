/**
 * Keeps what can be checked of the house's order (src/README.md): who may import whom, how long files and functions get, that every error
 * code is explained, that nothing half done stays behind. A rule that only a document holds is broken by the third change.
 */
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { minutesOf } from '../scripts/test/deep.ts'
import {
  errorCodesOf,
  filesOf,
  functionsOf,
  importsOf,
  namesFrom,
  partOf,
  root,
  sourcesIn,
  switchedTestsOf,
  targetOf,
  usesOf,
} from './tidy/source.ts'

/** Which parts of `src` each part may import, beside itself. Arrows run one way. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  crypto: ['core'],
  store: ['core'],
  market: ['core', 'crypto'],
  chain: ['core', 'crypto'],
  sdk: ['core', 'crypto'],
  clearing: ['core', 'crypto', 'store', 'chain'],
  sim: ['core', 'crypto', 'market', 'sdk'],
  cost: ['core', 'crypto', 'store', 'chain'],
  http: ['core', 'crypto', 'store', 'chain', 'clearing', 'dashboard'],
  dashboard: ['core'],
  report: ['core', 'crypto', 'store', 'chain', 'clearing', 'cost'],
  cli: [
    ...['core', 'crypto', 'store', 'chain', 'clearing', 'http', 'sdk', 'market'],
    ...['sim', 'cost', 'report', 'dashboard'],
  ],
  // What users import: the SDK and what it speaks of, nothing that needs a chain or a newer Node than theirs.
  'index.ts': ['core', 'crypto', 'sdk'],
}

/** Packages that belong to certain parts: the files that may import them. */
const packageHomes: Record<string, RegExp> = {
  express: /^src\/(http\/|sdk\/paywall\/)/,
  hardhat: /^src\/chain\//,
  '@nomicfoundation/edr': /^src\/chain\//,
  '@nomicfoundation/ignition-core': /^src\/chain\//,
  // The SDK takes an ethers signer by its shape, so that nobody has to install ethers.
  ethers: /^(?!src\/)/,
}

const maxFileLines = 300
const maxFunctionLines = 70
const maxContractBytes = 24_576

/** Programs that another of ours starts and reads, the launcher, and examples that show how to use the SDK alone. */
const startedByOthers = /^scripts\/(launcher\.mjs|bench\/\w+\/|mutants\/worker|examples\/(pay|charger)-)/

const source = sourcesIn('src')
const everything = sourcesIn('src', 'scripts', 'bin', 'test', '.')

describe('imports', () => {
  it('behavior: run in one direction between the parts of src', () => {
    const wrong = source.flatMap((file) =>
      importsOf(file).flatMap(({ from, place }) => {
        const part = partOf(file.file)
        const target = targetOf(file, from)
        if (!('part' in target) || target.part === part || mayImport[part]?.includes(target.part)) return []
        return [`${place} imports ${from}: ${part} may import ${mayImport[part]?.join(', ') || 'nothing of ours'}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  it('behavior: close no circle between files of src', () => {
    const open = new Map(source.map((file) => [file.file, filesOf(file)]))
    // Whatever imports nothing that is left cannot lie on a circle; what remains at the end does.
    for (let before = -1; before !== open.size; ) {
      before = open.size
      for (const [file, imports] of open) if (!imports.some((imported) => open.has(imported))) open.delete(file)
    }
    expect([...open.keys()]).toEqual([])
  })

  it('behavior: of a package with a home come from there', () => {
    const wrong = everything.flatMap((file) =>
      importsOf(file).flatMap(({ from, place }) => {
        const target = targetOf(file, from)
        const home = 'package' in target ? packageHomes[target.package] : undefined
        return home === undefined || !file.file.startsWith('src/') || home.test(file.file)
          ? []
          : [`${place} imports ${from}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  it('behavior: of every part of src are decided here', () => {
    expect([...new Set(source.map(({ file }) => partOf(file)))].filter((part) => !(part in mayImport))).toEqual([])
  })
})

describe('files', () => {
  it(`behavior: have at most ${maxFileLines} lines`, () => {
    expect(
      everything.filter(({ lines }) => lines > maxFileLines).map(({ file, lines }) => `${file}: ${lines} lines`),
    ).toEqual([])
  })

  it('behavior: open by saying what they are and why they exist', () => {
    const silent = sourcesIn('src', 'scripts', 'bin', '.')
      .filter(({ text }) => !/^(#!.*\n)?\s*(\/\/|\/\*)/.test(text))
      .map(({ file }) => file)
    expect(silent).toEqual([])
  })

  it(`behavior: have functions of at most ${maxFunctionLines} lines`, () => {
    const long = everything
      .flatMap(functionsOf)
      .filter(({ lines }) => lines > maxFunctionLines)
      .map(({ place, lines }) => `${place}: ${lines} lines`)
    expect(long).toEqual([])
  })

  it('behavior: leave nothing half done', () => {
    const marks = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`, 'g')
    const contracts = globSync('{contracts,test/contracts}/**/*.sol', { cwd: root })
    const texts = contracts.map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }))
    const found = [...everything, ...texts].flatMap(({ file, text }) =>
      [...text.matchAll(marks)].map(({ index }) => `${file}:${text.slice(0, index).split('\n').length}`),
    )
    expect(found).toEqual([])
  })

  it('behavior: of test/deep say how long they take', () => {
    const deep = sourcesIn('test/deep').filter(({ file }) => file.endsWith('.test.ts'))
    expect(deep.map(({ file, text }) => minutesOf(file, text)).filter((minutes) => !(minutes > 0))).toEqual([])
  })

  it('behavior: switch no test off', () => {
    expect(sourcesIn('test').flatMap(switchedTestsOf)).toEqual([])
  })
})

/** Where the machine's clock is meant, which somebody may set: what is written down for people, and chain time. */
const wallClock: Record<string, string> = {
  'src/chain/LocalNode.ts': 'the local chain begins at the wall clock',
  'src/chain/Watcher.ts': 'when a block was read, for the journal',
  'src/clearing/Accept.ts': 'when a payment was accepted, for the journal',
  'src/clearing/Clock.ts': 'chain time is not before it',
  'src/clearing/Pause.ts': 'a machine that slept, whose monotonic clock may have stood still',
  'src/clearing/Receipts.ts': 'when a payment came back, for the journal',
  'src/clearing/SettlementHealth.ts': 'when a settlement succeeded last, for operators',
  'src/cli/Run.ts': 'the date of a run',
  'src/cli/cost.ts': 'the date of a study',
  'src/cost/Profiles.ts': 'the date of prices',
  'src/http/Board.ts': 'when a sample was taken, for the page',
  'src/sdk/Deployment.ts': 'a service’s clock has to be about this machine’s own',
  'src/sdk/paywall/Identity.ts': 'by how much chain time is ahead of standard clients’ clocks',
}

describe('clocks', () => {
  it('behavior: durations are measured by the monotonic clock; the wall clock is read in listed places alone', () => {
    const reads = source.filter(({ text }) => /\bDate\.now\b|\bnew Date\(\)/.test(text)).map(({ file }) => file)
    expect(reads).toEqual(Object.keys(wallClock).sort())
  })
})

describe('commands', () => {
  const ours = sourcesIn('src', 'scripts', 'bin')

  it('behavior: end in one place, where everything that was said has been read', () => {
    const places = ours
      .filter(({ file }) => file !== 'src/cli/Ending.ts')
      .flatMap((file) => usesOf(file, 'process', ['exit', 'reallyExit', 'abort']))
    expect(places).toEqual([])
    expect(ours.filter((file) => namesFrom(file, 'node:process').length > 0).map(({ file }) => file)).toEqual([])
  })

  it('behavior: read their command lines in one way, with coded errors', () => {
    const others = ours.filter((file) => namesFrom(file, 'node:util').includes('parseArgs')).map(({ file }) => file)
    expect(others).toEqual(['src/cli/Usage.ts'])
  })

  it('behavior: of scripts go through the one entry', () => {
    const scripts = ours.filter(({ file, text }) => /^scripts\//.test(file) && /process\.argv/.test(text))
    const without = scripts.filter(({ text }) => !/Entry\.run\(/.test(text)).map(({ file }) => file)
    expect(without.filter((file) => !startedByOthers.test(file))).toEqual([])
  })
})

describe('error codes', () => {
  const used = sourcesIn('src', 'bin').flatMap(errorCodesOf)
  const text = readFileSync(path.join(root, 'src/ERRORS.md'), 'utf8')
  const explained = [...text.matchAll(/^#+ (SL\d{3})\b/gm)].map(([, code]) => code)

  it('behavior: are each explained in src/ERRORS.md', () => {
    expect(
      used.filter(({ code }) => !explained.includes(code)).map(({ code, place }) => `${code} at ${place}`),
    ).toEqual([])
  })

  it('behavior: that src/ERRORS.md explains are used, and explained once', () => {
    expect(explained.filter((code) => !used.some((use) => use.code === code))).toEqual([])
    expect(explained.filter((code, index) => explained.indexOf(code) !== index)).toEqual([])
  })
})

describe('contracts', () => {
  it('behavior: fit into what a chain takes', async () => {
    const files = globSync('src/chain/abi/*.ts', { cwd: root })
    const modules = await Promise.all(
      files.map((file) => import(path.join(root, file)) as Promise<Record<string, unknown>>),
    )
    const sizes = modules.flatMap((module) => Object.values(module) as { deployedBytes: number }[])
    expect(sizes.length).toBeGreaterThan(0)
    expect(sizes.map(({ deployedBytes }) => deployedBytes).filter((bytes) => !(bytes < maxContractBytes))).toEqual([])
  })
})
