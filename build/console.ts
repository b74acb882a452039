import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'vite'
import { compressConsole } from './console-files.ts'
import { notices } from './console-notices.ts'

/** What the files of the console are made of. */
const SOURCES = [
  ...['src/console/**/*.*', 'src/protocol/**/*.ts', 'src/base/**/*.ts'],
  ...['src/bundle/versions/*', 'src/cli/controller/clusters/join/*.ts'],
  ...['build/console*.ts', 'package-lock.json'],
]

/** The fonts of the component library are left out: the browser has fonts, and what is first loaded stays small. */
const withoutFonts: Plugin = {
  name: 'without-fonts',
  enforce: 'pre',
  transform: {
    filter: { id: /\.css(?:$|\?)/ },
    handler: (code) => ({ code: code.replaceAll(/@font-face\s*\{[^}]*\}/g, ''), map: null }),
  },
}

/** Writes the files of the web console and their compressed forms, unless the directory has those of the same sources. */
export async function buildConsole(root: string, output: string): Promise<void> {
  const stampFile = `${output}.stamp`
  const stamp = await digestOf(root)
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return
  const started = performance.now()
  await rm(stampFile, { force: true })
  await mkdir(output, { recursive: true })
  const { build } = await import('vite')
  const { default: react } = await import('@vitejs/plugin-react')
  // Within a test it is another, and the packages would be those for development.
  const mode = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  await build({
    ...{ configFile: false, root: join(root, 'src/console'), base: '/console/', logLevel: 'warn' },
    plugins: [withoutFonts, react(), notices],
    // The schemas of settings ask whether a text is an address.
    resolve: { alias: { 'node:net': join(root, 'src/console/data/is-ip.ts') } },
    build: {
      ...{ outDir: output, emptyOutDir: true, target: 'baseline-widely-available' },
      // Files inside of the style sheet would need another content security policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1_000,
    },
  }).finally(() => {
    if (mode === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = mode
  })
  await compressConsole(output)
  await writeFile(stampFile, stamp)
  console.log(`web console  ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

async function digestOf(root: string): Promise<string> {
  const hash = createHash('sha256').update(process.version)
  for (const file of globSync(SOURCES, { cwd: root }).sort())
    hash.update(`${file}\0`).update(await readFile(join(root, file)))
  return hash.digest('hex')
}
