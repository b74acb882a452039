import { join } from 'node:path'
import type { Plugin } from 'esbuild'

/** Keeps the verbs out of the agent's main script, which loads them from the executable with load-verbs.ts. */
export const lateVerbs: Plugin = {
  name: 'late-verbs',
  setup(build) {
    build.onResolve({ filter: /\/cli\/agent\/verbs\.ts$/ }, () => ({
      path: join(import.meta.dirname, 'load-verbs.ts'),
    }))
  },
}
