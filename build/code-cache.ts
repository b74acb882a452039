import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Script } from 'node:vm'

/** The verbs compiled by this Node, for this processor; with what they all need, which is compiled only when it runs. */
export async function codeCache(path: string): Promise<Buffer> {
  const script = new Script(await readFile(path, 'utf8'), { filename: 'verbs.cjs' })
  const module: { exports: Partial<typeof import('../src/cli/agent/verbs.ts')> } = { exports: {} }
  script.runInThisContext()(createRequire(import.meta.url), module)
  await module.exports.runVerb?.(['--help'])
  return script.createCachedData()
}
