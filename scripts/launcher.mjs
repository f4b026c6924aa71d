/**
 * What the scripts of package.json call: `node scripts/launcher.mjs TASK …` finds a fit Node, installs what is missing and runs
 * the task. The launcher itself lies under `bin`, because an installed package needs it too.
 */
import { folderOf, launch } from '../bin/launcher/launch.mjs'

const [task, ...args] = process.argv.slice(2)
await launch(task, args, folderOf(task))
