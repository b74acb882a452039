// Makes one executable: node build/pack.ts TARGET BUNDLE NODE OUTPUT. A process of its own, for pkg changes its directory.
import { rename } from 'node:fs/promises'
import sea from '@yao-pkg/pkg/lib-es5/sea.js'
import { targets } from './targets.ts'

const [name, bundle, node, output] = process.argv.slice(2)
const target = targets.find((candidate) => candidate.name === name)
if (!target || !bundle || !node || !output) throw new Error('usage: pack.ts TARGET BUNDLE NODE OUTPUT')

await sea.default(bundle, {
  targets: [
    { platform: 'linux', arch: target.arch, nodeRange: `node${process.versions.node}`, output: `${output}.new` },
  ],
  nodePath: node,
  // With nodePath given this only means: this very process is of the target's version. It keeps pkg from downloading one.
  useLocalNode: true,
  // Code cannot be compiled ahead for a processor that is not this one.
  seaConfig: { disableExperimentalSEAWarning: true, useSnapshot: false, useCodeCache: target.arch === process.arch },
})
await rename(`${output}.new`, output)
