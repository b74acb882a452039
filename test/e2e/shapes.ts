/** Clusters of several shapes on real nodes, one story each: `shapes.ts [NAME]...`; without a name all stories. */
import assert from 'node:assert/strict'
import { interruptible } from '../run/interruption.ts'
import { bedNamed } from '../support/testbed/bed.ts'
import { downAll } from '../support/testbed/nodes.ts'
import { earlierAgentStory } from './earlier-agent.ts'
import { expired } from './expired.ts'
import { fiveMasters } from './five-masters.ts'
import { grown } from './grown.ts'
import { journey } from './journey.ts'
import { nameServers } from './name-servers.ts'
import { oneAndOne } from './one-and-one.ts'
import { packetFilters } from './packet-filters.ts'
import { pushed } from './pushed.ts'
import { readOnlyUsr } from './read-only-usr.ts'
import { restoredEtcd } from './restored-etcd.ts'
import { settings } from './settings.ts'
import { openScene, type Scene } from './shape.ts'
import { sharedMachine } from './shared-machine.ts'
import { type Story, story } from './stages.ts'
import { storage } from './storage.ts'
import { threeAndOne } from './three-and-one.ts'
import { threeControllers } from './three-controllers.ts'
import { twoInterfaces } from './two-interfaces.ts'
import { upgraded } from './upgraded.ts'
import { upgradedTrio } from './upgraded-trio.ts'

const stories: Record<string, (scene: Scene, story: Story) => Promise<void>> = {
  'one-and-one': oneAndOne,
  'three-and-one': threeAndOne,
  'two-interfaces': twoInterfaces,
  'name-servers': nameServers,
  'five-masters': fiveMasters,
  'shared-machine': sharedMachine,
  'packet-filters': packetFilters,
  expired,
  'earlier-agent': earlierAgentStory,
  'three-controllers': threeControllers,
  grown,
  upgraded,
  'upgraded-trio': upgradedTrio,
  journey,
  settings,
  'restored-etcd': restoredEtcd,
  pushed,
  'read-only-usr': readOnlyUsr,
  storage,
}
const say = (line: string) => console.log(line)
const bed = bedNamed(`${process.env.CANTRIP_TESTBED_PREFIX ?? 'cantrip'}-shapes`)
const interrupted = interruptible(() => downAll(bed))
const scene = openScene(bed, say, interrupted)

const wanted = process.argv.slice(2)
let exitCode = 0
for (const name of wanted.length > 0 ? wanted : Object.keys(stories)) {
  const runStory = stories[name]
  assert(runStory, `there is no story ${name}; there are ${Object.keys(stories).join(', ')}`)
  say(`— ${name}`)
  await downAll(bed)
  const current = story(say, () => scene.show(), interrupted)
  try {
    await runStory(scene, current)
  } finally {
    await scene.close()
    await downAll(bed)
  }
  exitCode = Math.max(exitCode, current.end())
}
process.exitCode = exitCode
