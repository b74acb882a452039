// Replaces src/cli/agent/verbs.ts in the agent's executable.
import { getAsset, getAssetKeys, getRawAsset } from 'node:sea'
import { Script } from 'node:vm'

type Verbs = typeof import('../src/cli/agent/verbs.ts')

const cachedData = getAssetKeys().includes('verbs.cache') ? Buffer.from(getRawAsset('verbs.cache')) : undefined
const script = new Script(getAsset('verbs.cjs', 'utf8'), { filename: 'verbs.cjs', cachedData })
const module: { exports: Partial<Verbs> } = { exports: {} }
script.runInThisContext()(require, module)

export const { runVerb } = module.exports as Verbs
