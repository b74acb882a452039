// Packs one executable: node build/pack.ts TARGET NODE OUTPUT MAIN [VERBS | CONSOLE]. A separate process, because pkg changes the working directory.
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sea from '@yao-pkg/pkg/lib-es5/sea.js'
import { codeCache } from './code-cache.ts'
import { consoleFilesIn } from './console-files.ts'
import { type Program, targets } from './targets.ts'

const [name, node, output, main, late] = process.argv.slice(2)
const target = targets.find((candidate) => candidate.name === name)
if (!target || !node || !output || !main) throw new Error('usage: pack.ts TARGET NODE OUTPUT MAIN [VERBS | CONSOLE]')
// A code cache works only on the architecture on which it was made.
const useCodeCache = target.arch === process.arch
const seaConfig = {
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  useCodeCache,
  assets: late === undefined ? {} : await assetsOf(target.program, late),
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

async function assetsOf(program: Program, late: string): Promise<Record<string, string>> {
  if (program === 'agent') return { 'verbs.cjs': late, ...(useCodeCache && { 'verbs.cache': await writeCache(late) }) }
  const files = await consoleFilesIn(late)
  return Object.fromEntries(files.map((file) => [`console/${file}`, join(late, file)]))
}

async function writeCache(script: string): Promise<string> {
  await writeFile(`${script}.cache`, await codeCache(script))
  return `${script}.cache`
}
