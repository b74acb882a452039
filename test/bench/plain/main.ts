/** `main.ts BUNDLE_DIR NODE` runs the plain script in a node of the default test bed. The last line is the total seconds. */
import { find } from '../../support/testbed/testbed.ts'
import { plainBringUp } from './plain.ts'

const [bundle, name] = process.argv.slice(2)
if (bundle === undefined || name === undefined) {
  console.error('usage: main.ts BUNDLE_DIR NODE   (create the node with: scripts/testbed up NODE)')
  process.exitCode = 2
} else {
  const laps = await plainBringUp(await find(name), bundle, ({ seconds, step }) => console.log(`${seconds} ${step}`))
  console.log(laps.at(-1)?.seconds)
}
