import { join } from 'node:path'
import { build } from 'esbuild'
import type { VersionInfo } from '../src/base/version.ts'
import { lateVerbs } from './late-verbs.ts'
import { lazyBuiltins } from './lazy-builtins.ts'
import type { Script } from './targets.ts'

const ENTRY: Record<Script, string> = {
  agent: 'src/agent.ts',
  controller: 'src/controller.ts',
  verbs: 'src/cli/agent/verbs.ts',
}

/** One CommonJS file of a script and all it needs but Node's own modules; of the verbs, a function around that. */
export async function bundle(root: string, script: Script, version: VersionInfo): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, ENTRY[script])],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    // Inside an executable with a code cache only require() works: import('node:x') becomes one as well.
    supported: { 'dynamic-import': false },
    plugins: script === 'verbs' ? [lazyBuiltins] : [lateVerbs, lazyBuiltins],
    ...(script === 'verbs' && { banner: { js: '(function (require, module) {' }, footer: { js: '})' } }),
    define: {
      CANTRIP_BUILD: JSON.stringify(version),
      // ws then does not look for its optional native parts.
      'process.env.WS_NO_BUFFER_UTIL': '"1"',
      'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
    },
    // Identifiers stay: a stack trace must be readable.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    loader: { '.service': 'text' },
    logLevel: 'warning',
    // There is no file beside the executable that import.meta.url could lead to.
    logOverride: { 'empty-import-meta': 'error' },
  })
  const [file] = result.outputFiles
  if (file === undefined) throw new Error(`esbuild gave no output for ${script}`)
  return file.text
}
