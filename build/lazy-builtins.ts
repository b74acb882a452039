import { createRequire, isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

const require = createRequire(import.meta.url)

/**
 * Makes a bundle load Node's own modules when something of them is first used, not when it starts: loading http, zlib,
 * tls and the like takes longer than all else an agent does before it dials. Sources import them as usual.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z_:/]+$/ }, ({ path, namespace }) => {
      if (!isBuiltin(path)) return undefined
      // A function cannot be stood in for: what is exported as one is loaded at once, as is what a stand-in asks for.
      if (namespace === 'builtin' || typeof require(path) === 'function') return { path, external: true }
      return { path: path.replace(/^node:/, ''), namespace: 'builtin' }
    })
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: standIn(path) }))
  },
}

function standIn(name: string): string {
  const keys = Object.getOwnPropertyNames(require(`node:${name}`))
  return `let loaded
const load = () => (loaded ??= require('node:${name}'))
for (const key of ${JSON.stringify(keys)})
  Object.defineProperty(exports, key, { enumerable: true, get: () => load()[key], set: (value) => { load()[key] = value } })`
}
