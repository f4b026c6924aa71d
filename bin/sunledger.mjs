#!/usr/bin/env node
/**
 * The command `sunledger` (`npx sunledger serve`): the launcher with the command line as its task. In an installed package it runs
 * what was built; in a checkout (`npm link`) the sources.
 */
import { launch } from './launcher/launch.mjs'

await launch('sunledger', process.argv.slice(2))
