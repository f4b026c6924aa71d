@rem The scripts of package.json begin with `exec`, so that on POSIX the launcher takes the place of npm's shell and gets the signals that
@rem npm passes on: some shells (dash) keep them to themselves. On Windows, where no shell stands between, this file is that `exec`.
@%*
