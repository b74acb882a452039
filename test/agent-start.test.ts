import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

// Split at import(): each part contains the files that are loaded together, as in Node and in the executable.
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

/** The files that are loaded together with a file of src/: its direct and indirect imports. */
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

// Schemas once took a tenth of the start, because of a constant in the file of a schema.
test.each([
  ['the agent', 'src/agent.ts'],
  ['the service until it connects', 'src/cli/agent/service/run.ts'],
  ['the code that the service loads while it connects', 'src/agent/service/worker.ts'],
])('%s starts without any package', (_, file) => {
  const loaded = loadedWith(file)
  expect(loaded).toContain(file)
  expect(packagesIn(loaded)).toEqual([])
})

test('the test finds a part that needs schemas', () => {
  expect(packagesIn(loadedWith('src/protocol/wire/frames.ts')).join()).toContain('node_modules/zod/')
})
