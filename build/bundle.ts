import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import type { VersionInfo } from '../src/base/version.ts'
import { lateVerbs } from './late-verbs.ts'
import { lazyBuiltins } from './lazy-builtins.ts'
import type { Script } from './targets.ts'

const ENTRY: Record<Script, string> = {
  agent: 'src/agent.ts',
  controller: 'src/controller.ts',
  verbs: 'src/cli/agent/verbs.ts',
}

/** Bundles a script of an executable with its dependencies into one CommonJS text; the verbs are wrapped in a function. */
export async function bundle(root: string, script: Script, version: VersionInfo): Promise<string> {
  return bundleProgram(root, ENTRY[script], {
    plugins: script === 'verbs' ? [lazyBuiltins] : [lateVerbs, lazyBuiltins],
    ...(script === 'verbs' && { banner: { js: '(function (require, module) {' }, footer: { js: '})' } }),
    define: { CANTRIP_BUILD: JSON.stringify(version) },
  })
}

/** Bundles a program with its dependencies into one CommonJS text. */
export async function bundleProgram(root: string, entry: string, options: BuildOptions = {}): Promise<string> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    // In an executable with a code cache only require() works, so import('node:x') is compiled to it.
    supported: { 'dynamic-import': false },
    plugins: [lazyBuiltins],
    // Identifiers are kept, so that stack traces are readable.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    loader: { '.service': 'text' },
    logLevel: 'warning',
    // An executable has no file for import.meta.url.
    logOverride: { 'empty-import-meta': 'error' },
    ...options,
    define: {
      // Makes ws not look for its optional native modules.
      'process.env.WS_NO_BUFFER_UTIL': '"1"',
      'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
      ...options.define,
    },
  })
  const [file] = result.outputFiles ?? []
  if (file === undefined) throw new Error(`esbuild has no output for ${entry}`)
  return file.text
}
