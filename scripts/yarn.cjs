/**
 * A plugin for Yarn (.yarnrc.yml). The scripts of package.json begin with `exec`, so that no shell stands between a package manager and
 * the launcher; Yarn has a shell of its own, which stands nowhere and knows no `exec`. This is that `exec`.
 */
module.exports = {
  name: 'sunledger-exec',
  factory: () => ({
    hooks: {
      /**
       * @param {unknown} _project
       * @param {unknown} _environment
       * @param {(name: string, file: string, args: readonly string[]) => Promise<void>} makePathWrapper
       */
      setupScriptEnvironment: async (_project, _environment, makePathWrapper) => {
        if (process.platform === 'win32') await makePathWrapper('exec', 'cmd', ['/d', '/c'])
        else await makePathWrapper('exec', '/usr/bin/env', [])
      },
    },
  }),
}
