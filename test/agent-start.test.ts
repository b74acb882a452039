import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

// Split where a file is loaded by import(): each part holds what is loaded at once, as Node and the executable do it.
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: ['src/agent.ts'],
  outdir: 'parts',
  bundle: true,
  splitting: true,
  write: false,
  metafile: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'error',
  logOverride: { 'empty-import-meta': 'silent' },
  loader: { '.service': 'text' },
})

/** The files that are loaded together with one of src/: what it imports, and what that imports. */
function loadedWith(file: string): string[] {
  const first = Object.keys(metafile.outputs).find((path) => metafile.outputs[path]?.entryPoint === file)
  if (first === undefined) throw new Error(`${file} is not loaded by an import() any more: name what is, in this test`)
  const parts = new Set([first])
  for (const part of parts) {
    for (const { path, kind } of metafile.outputs[part]?.imports ?? []) if (kind === 'import-statement') parts.add(path)
  }
  return [...parts].flatMap((part) => Object.keys(metafile.outputs[part]?.inputs ?? {}))
}

const packagesIn = (files: readonly string[]) => files.filter((file) => file.startsWith('node_modules/'))

// Schemas took a tenth of the start once, by way of a constant that stood in the file of a schema.
test.each([
  ['the agent', 'src/agent.ts'],
  ['the service, until it dials', 'src/cli/agent/service/run.ts'],
  ['what the service loads while it dials', 'src/agent/service/worker.ts'],
])('%s starts without any package', (_, file) => {
  const loaded = loadedWith(file)
  expect(loaded).toContain(file)
  expect(packagesIn(loaded)).toEqual([])
})

test('a part that needs schemas is seen to need them', () => {
  expect(packagesIn(loadedWith('src/protocol/wire/frames.ts')).join()).toContain('node_modules/zod/')
})
