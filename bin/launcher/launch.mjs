/**
 * The launcher: what stands between `npm start` on whatever Node a machine has and a task that needs a newer one. It finds or fetches
 * a fit Node, sees to the dependencies, and runs the task under that Node as if it were the task itself. Plain JavaScript without
 * dependencies, from Node 18 on, because nothing else is there yet when it starts. `scripts/launcher.mjs` calls it in a checkout,
 * `bin/sunledger.mjs` also in an installed package, where the TypeScript sources are not (Node strips no types under `node_modules`).
 */
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureDependencies } from './dependencies.mjs'
import { ensureHardhat, needsHardhat } from './hardhat.mjs'
import { fitNode } from './node.mjs'
import { withNodeFirst, withoutNpm } from './npm.mjs'
import { Interrupted, ignoreGoneReaders, LauncherError } from './report.mjs'
import { endLike, run } from './run.mjs'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * What each task runs in a checkout, before the arguments of the user.
 * @type {Record<string, readonly string[] | undefined>}
 */
const tasks = {
  demo: ['src/cli/main.ts', 'demo'],
  sunledger: ['src/cli/main.ts'],
  example: ['scripts/examples/main.ts'],
  bench: ['scripts/bench/main.ts'],
  deploy: ['scripts/deploy.ts'],
  test: ['scripts/test.ts'],
  abi: ['scripts/abi.ts'],
  mutants: ['scripts/mutants/main.ts'],
  build: ['scripts/build.ts'],
  format: ['node_modules/@biomejs/biome/bin/biome', 'check', '--write'],
}

/** `node:sqlite` is steady enough for us; its warning would be the first line that everybody sees. */
const nodeFlags = ['--disable-warning=ExperimentalWarning']

/** Tasks that take paths from whoever calls them; the others work on the checkout, wherever they are called. */
const takesPaths = new Set(['demo', 'sunledger', 'example', 'bench', 'deploy', 'mutants'])

/**
 * Where whoever started a script of package.json stands. Package managers run scripts in the package's own folder and say in `INIT_CWD`
 * where they were called, so that relative paths mean there what they mean everywhere else.
 * @param {string | undefined} task
 * @param {{ cwd: string, initCwd: string | undefined }} [place]
 * @returns {string} the folder in which the task runs
 */
export function folderOf(task, place = { cwd: process.cwd(), initCwd: process.env['INIT_CWD'] }) {
  const { cwd, initCwd } = place
  // Elsewhere it is a leftover: of a script of another package that calls ours, which means its own folder.
  const isScriptOfOurs = path.relative(root, cwd) === ''
  if (!takesPaths.has(task ?? '') || !isScriptOfOurs || !initCwd) return cwd
  return statSync(initCwd, { throwIfNoEntry: false })?.isDirectory() ? initCwd : cwd
}

/**
 * Runs a task and ends this process as the task ended.
 * @param {string | undefined} task
 * @param {readonly string[]} args
 * @param {string} [cwd] the folder in which the task runs
 */
export async function launch(task, args, cwd = process.cwd()) {
  ignoreGoneReaders()
  try {
    const { node, command, env } = await prepare(task, args)
    endLike(await run(node, [...nodeFlags, ...command, ...args], { env, cwd }))
  } catch (error) {
    if (error instanceof Interrupted) return endLike({ code: null, signal: error.signal })
    if (!(error instanceof LauncherError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

/**
 * @param {string | undefined} task
 * @param {readonly string[]} args
 */
async function prepare(task, args) {
  const inCheckout = existsSync(path.join(root, 'package-lock.json'))
  const [entry, ...leading] = (inCheckout ? tasks[task ?? ''] : ['dist/cli/main.js']) ?? []
  if (entry === undefined) {
    throw new LauncherError('SL697', task === undefined ? 'No task was named.' : `There is no task ${task}.`, {
      expected: `one of ${Object.keys(tasks).join(', ')}`,
      hint: 'For example: npm start, npm test, npm run sunledger -- --help.',
    })
  }
  const node = await fitNode()
  const env = withNodeFirst(node.file, withoutNpm())
  if (inCheckout) await ensureDependencies(root, node)
  else if (needsHardhat(args)) {
    const hardhat = await ensureHardhat(root, node)
    if (hardhat !== undefined) env['SUNLEDGER_HARDHAT'] = hardhat
  }
  return { node: node.file, command: [path.join(root, entry), ...leading], env }
}
