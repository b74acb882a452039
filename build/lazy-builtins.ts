import { createRequire, isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

const require = createRequire(import.meta.url)

/**
 * Makes a bundle load a module of Node when it is first used: loading http, zlib, tls and others at startup takes longer than
 * everything else that an agent does before it connects. Sources import them as usual.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z_:/]+$/ }, ({ path, namespace }) => {
      if (!isBuiltin(path)) return undefined
      // A module that is a function cannot be replaced by an object with getters, and is loaded at startup.
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
