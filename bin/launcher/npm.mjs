/**
 * Runs npm inside the launcher. Which Node runs npm matters: npm leaves out native packages that do not fit the Node it runs under,
 * silently, and under Node 20 that is the core of the local chain. So npm's own JavaScript is found and run under the Node of our
 * choice, with an environment that the outer npm has not filled with its own settings.
 */
import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { notWritable } from './cache.mjs'
import { LauncherError } from './report.mjs'
import { run, throwIfInterrupted } from './run.mjs'

/**
 * What `npm run` exports and a nested npm needs nonetheless: how to reach the registry, and where the user's settings lie. All else
 * (`omit`, `global`, `prefix`, `package`, `loglevel`, …) speaks of the outer command and would misdirect the inner one.
 */
const keptSettings = new Set([
  ...['registry', 'proxy', 'http_proxy', 'https_proxy', 'noproxy', 'ca', 'cafile', 'cert', 'key', 'strict_ssl'],
  ...['cache', 'userconfig', 'globalconfig', 'offline', 'prefer_offline', 'maxsockets', 'local_address'],
  ...['fetch_retries', 'fetch_retry_factor', 'fetch_retry_mintimeout', 'fetch_retry_maxtimeout', 'fetch_timeout'],
])

/**
 * Flags that make an install mean the same whatever the user's settings say. No install script is run: every package we need brings
 * its native part ready made, and a script is the usual way in for malware.
 */
const installFlags = [
  ...['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--no-progress', '--loglevel=http'],
  ...['--no-global', '--no-workspaces', '--no-dry-run', '--package-lock', '--install-strategy=hoisted'],
  ...['--include=dev', '--include=optional', '--include=peer', '--prefer-offline'],
]

/** How often and how long npm tries again. Its own measure is a minute and more, for every package anew. */
const patience = {
  npm_config_fetch_retries: '2',
  npm_config_fetch_retry_factor: '2',
  npm_config_fetch_retry_mintimeout: '2000',
  npm_config_fetch_timeout: '60000',
}

/** What npm logs for each request: its answer, or how often it has failed. */
const failedFetch =
  /^npm http fetch \S+ (\S+) attempt (\d+) failed with (ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|EPROTO)/gm
const answered = /^npm http fetch \S+ [23]\d\d /m

/**
 * Yarn makes every Node that it starts look for packages in its own place; ours lie in node_modules.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
function withoutPlugAndPlay(env) {
  const { NODE_OPTIONS: given, ...rest } = env
  if (given === undefined) return env
  const left = given
    .replace(/(--require|-r)[ =]("[^"]*\.pnp\.c?js"|\S*\.pnp\.c?js)/g, '')
    .replace(/--(experimental-)?loader[ =]("[^"]*\.pnp\.loader\.mjs"|\S*\.pnp\.loader\.mjs)/g, '')
    .trim()
  return left === '' ? rest : { ...rest, NODE_OPTIONS: left }
}

/**
 * The environment without what npm put there for the script it runs.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {NodeJS.ProcessEnv}
 */
export function withoutNpm(env = process.env) {
  return Object.fromEntries(
    Object.entries(withoutPlugAndPlay(env)).filter(([name]) => {
      const [, setting] = /^npm_config_(.*)$/i.exec(name) ?? []
      // Names with a slash or an at sign belong to one registry or scope: tokens and addresses, which only a user can have set.
      if (setting !== undefined)
        return keptSettings.has(setting.toLowerCase().replace(/-/g, '_')) || /[/@]/.test(setting)
      return !/^npm_/i.test(name) || name === 'npm_execpath'
    }),
  )
}

/**
 * The environment with a Node's folder first on the path, so that whatever asks for `node` gets the fit one.
 * @param {string} node path of the binary
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withNodeFirst(node, env) {
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { ...env, [name]: [path.dirname(node), env[name]].filter(Boolean).join(path.delimiter) }
}

/**
 * Installs what a folder's `package.json` and lock file say.
 *
 * `npm install --no-save` and not `npm ci`: a lock file made on one platform may leave out the optional native packages of another
 * (npm/cli#4828); `npm ci` refuses such a lock, `npm install` adds what is missing. Versions and hashes come from the lock all the same.
 * @param {string} node the Node to run npm under
 * @param {string} folder
 */
export async function npmInstall(node, folder) {
  const npm = findNpm()
  const globalPrefix = path.dirname(process.platform === 'win32' ? process.execPath : path.dirname(process.execPath))
  const env = {
    ...patience,
    // Under another Node npm would look for the machine's settings beside that Node.
    npm_config_globalconfig: path.join(globalPrefix, 'etc', 'npmrc'),
    ...withNodeFirst(node, withoutNpm()),
  }
  const outcome = await run(node, [npm, 'install', '--no-save', ...installFlags], {
    cwd: folder,
    env,
    capture: true,
    // Without a network npm would go through the whole tree, package by package, with all its patience for each.
    giveUp: (output) => !answered.test(output) && failuresIn(output).some(({ attempt }) => attempt > 1),
  })
  throwIfInterrupted(outcome)
  if (outcome.code !== 0) throw installError(folder, outcome.output)
}

/**
 * Finds npm's JavaScript: the npm that runs us, else the one beside this Node, else the one on the path.
 * @returns {string}
 */
export function findNpm() {
  const beside = path.dirname(process.execPath)
  const running = process.env['npm_execpath']
  const candidates = [
    // `npx` has the same folder; yarn and pnpm name themselves here too and are no use to us.
    ...(running === undefined ? [] : [path.join(path.dirname(running), 'npm-cli.js')]),
    path.join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...(process.env['PATH'] ?? process.env['Path'] ?? '').split(path.delimiter).filter(Boolean).flatMap(npmOnPath),
  ]
  const found = candidates.find((file) => existsSync(file))
  if (found !== undefined) return found
  throw new LauncherError('SL691', 'npm was not found.', {
    expected: 'npm beside Node or on the PATH',
    actual: `none beside ${process.execPath}, none on the PATH`,
    hint: 'Install npm (it comes with Node from nodejs.org) and start again.',
  })
}

/**
 * @param {string} folder of the path
 * @returns {string[]}
 */
function npmOnPath(folder) {
  const command = path.join(folder, 'npm')
  const files = [path.join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js')]
  if (existsSync(command)) files.push(path.join(path.dirname(realpathSync(command)), 'npm-cli.js'))
  return files
}

/**
 * What npm's failure means for the person who waits.
 * @param {string} folder
 * @param {string} output
 */
export function installError(folder, output) {
  const code = /^npm (?:error|ERR!) code (\S+)/m.exec(output)?.[1] ?? ''
  const said = output
    .trim()
    .split('\n')
    .filter((line) => /^npm (error|ERR!) ./.test(line) && !line.includes('A complete log'))
    .slice(0, 12)
  if (/^(ENOSPC|EROFS|EACCES|EPERM)$/.test(code)) {
    return notWritable(folder, Object.assign(new Error(said.join('\n')), { code }))
  }
  const [failure] = failuresIn(output)
  if (failure !== undefined) {
    return new LauncherError('SL692', 'The npm registry could not be reached.', {
      expected: 'a connection to the registry: the first start fetches Node and the dependencies',
      actual: `${failure.code} for ${failure.address}`,
      hint: 'Connect, or name the registry or proxy that your network uses (npm config set registry …), and start again.',
    })
  }
  return new LauncherError('SL695', `npm could not install the packages for ${folder}.`, {
    expected: 'npm install to succeed',
    actual: ['npm said:', ...said].join('\n    '),
    hint: 'Start again. If it fails the same way, check your npm settings (npm config list).',
  })
}

/** @param {string} output */
function failuresIn(output) {
  return [...output.matchAll(failedFetch)].map(([, address, attempt, code]) => ({
    address,
    attempt: Number(attempt),
    code,
  }))
}
