// Packs one executable: node build/pack.ts TARGET NODE OUTPUT MAIN [VERBS]. A separate process, because pkg changes the working directory.
import { rename, writeFile } from 'node:fs/promises'
import sea from '@yao-pkg/pkg/lib-es5/sea.js'
import { codeCache } from './code-cache.ts'
import { targets } from './targets.ts'

const [name, node, output, main, verbs] = process.argv.slice(2)
const target = targets.find((candidate) => candidate.name === name)
if (!target || !node || !output || !main) throw new Error('usage: pack.ts TARGET NODE OUTPUT MAIN [VERBS]')
// A code cache works only on the architecture on which it was made.
const useCodeCache = target.arch === process.arch
const seaConfig = {
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  useCodeCache,
  assets: verbs ? { 'verbs.cjs': verbs, ...(useCodeCache && { 'verbs.cache': await writeCache(verbs) }) } : {},
}

await sea.default(main, {
  targets: [
    { platform: 'linux', arch: target.arch, nodeRange: `node${process.versions.node}`, output: `${output}.new` },
  ],
  nodePath: node,
  // Together with nodePath, this only prevents pkg from downloading Node. This process has the version of the target.
  useLocalNode: true,
  seaConfig,
})
await rename(`${output}.new`, output)

async function writeCache(script: string): Promise<string> {
  await writeFile(`${script}.cache`, await codeCache(script))
  return `${script}.cache`
}
