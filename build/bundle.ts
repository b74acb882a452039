import { join } from 'node:path'
import { build } from 'esbuild'
import type { VersionInfo } from '../src/version.ts'
import { lazyBuiltins } from './lazy-builtins.ts'
import type { Program } from './targets.ts'

/** One CommonJS file of a program and all it needs but Node's own modules. */
export async function bundle(root: string, program: Program, version: VersionInfo): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'src', `${program}.ts`)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    // Inside an executable with a code cache only require() works: import('node:x') becomes one as well.
    supported: { 'dynamic-import': false },
    plugins: [lazyBuiltins],
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
  if (file === undefined) throw new Error(`esbuild gave no output for ${program}`)
  return file.text
}
