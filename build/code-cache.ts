import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Script } from 'node:vm'

/**
 * The V8 code cache of the verbs, for this Node and processor. Runs `--help` first: V8 compiles functions when they run, and
 * the cache then contains those that every verb needs.
 */
export async function codeCache(path: string): Promise<Buffer> {
  const script = new Script(await readFile(path, 'utf8'), { filename: 'verbs.cjs' })
  const module: { exports: Partial<typeof import('../src/cli/agent/verbs.ts')> } = { exports: {} }
  script.runInThisContext()(createRequire(import.meta.url), module)
  await module.exports.runVerb?.(['--help'])
  return script.createCachedData()
}
