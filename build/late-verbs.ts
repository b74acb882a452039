import { join } from 'node:path'
import type { Plugin } from 'esbuild'

/** Keeps the verbs out of the agent's main script: there, what loads them out of the executable stands in their place. */
export const lateVerbs: Plugin = {
  name: 'late-verbs',
  setup(build) {
    build.onResolve({ filter: /\/cli\/agent\/verbs\.ts$/ }, () => ({
      path: join(import.meta.dirname, 'load-verbs.ts'),
    }))
  },
}
