/** A new setting is added in one file: in a copy of the sources, all uses of settings include it. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const copy = mkdtempSync(join(tmpdir(), 'new-setting-'))
const at = (path: string) => join(copy, path)
afterAll(() => rmSync(copy, { recursive: true }))

const MTU = `
  mtu: {
    schema: z.int().check(z.minimum(1_280), z.maximum(9_000)),
    flag: '--mtu <bytes>',
    kind: 'number',
    help: 'largest packet between pods',
    wanted: 'a number of bytes from 1280 to 9000',
    example: 1400,
    show: { title: 'MTU', text: (bytes: number) => \`\${bytes} bytes\` },
    sentIn: 'cluster',
    since: '0.2.0',
    change: { class: 'never', because: 'pods keep the packets that they have' },
  },
} as const satisfies Settings
`

/** Reads the new setting through all uses. `mtu` is a number only if the types include it. */
const PROBE = `
import { writeFileSync } from 'node:fs'
import { settingsPage } from './scripts/reference/settings.ts'
import { readSettings } from './src/cli/controller/clusters/settings.ts'
import { settingLines } from './src/cli/controller/clusters/setting-text.ts'
import { paramsFor, settingCapabilities, unknownSettings } from './src/protocol/settings/node-params.ts'
import { NodeParams } from './src/protocol/wire/instruction.ts'

writeFileSync('lab.yaml', 'mtu: 1400\\n', { mode: 0o600 })
const settings = await readSettings({ mtu: '1400' })
const mtu: number | undefined = settings.mtu
const { cluster } = NodeParams.shape
const sent = (capabilities: string[]) => cluster.shape.mtu.parse(paramsFor('cluster', settings, capabilities).mtu)
console.log(JSON.stringify({
  flag: mtu,
  file: (await readSettings({ file: 'lab.yaml' })).mtu,
  refused: await readSettings({ mtu: '1' }).catch((error) => error.message),
  shown: settingLines(settings),
  capabilities: settingCapabilities(),
  toNewAgent: sent(settingCapabilities()),
  toOldAgent: sent([]) ?? null,
  unknown: [unknownSettings(settings, []), unknownSettings(settings, settingCapabilities())],
  isOptional: cluster.shape.mtu.safeParse(undefined).success,
  page: settingsPage(),
}))
`

beforeAll(() => {
  for (const folder of ['src', 'scripts', 'systemd', 'test']) {
    cpSync(join(root, folder), at(folder), { recursive: true, filter: (path) => !path.includes('/test/results') })
  }
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, file), at(file))
  symlinkSync(join(root, 'node_modules'), at('node_modules'))
  const file = at('src/protocol/settings/network.ts')
  const text = readFileSync(file, 'utf8').replace(/\} as const satisfies Settings\n$/, MTU.trimStart())
  writeFileSync(file, `import * as z from 'zod/mini'\n${text}`)
  writeFileSync(at('probe.ts'), PROBE)
})

const node = async (...argv: string[]) => (await run(process.execPath, argv, { cwd: copy })).stdout

test('a setting in one file is a flag, a YAML key, a line of cluster show, a parameter of nodes and a row of the reference', async () => {
  expect(await node('src/controller.ts', 'cluster', 'create', '--help')).toMatch(
    /--mtu <bytes> +largest packet between pods; e\.g\. 1400/,
  )
  expect(await node('src/controller.ts', 'completion', 'bash')).toContain('--mtu')
  const found = JSON.parse(await node('probe.ts'))
  expect(found).toMatchObject({
    ...{ flag: 1400, file: 1400, refused: 'found mtu 1; wanted a number of bytes from 1280 to 9000' },
    ...{ capabilities: expect.arrayContaining(['setting/mtu']), toNewAgent: 1400, toOldAgent: null, isOptional: true },
    unknown: [['mtu'], []],
  })
  expect(found.shown).toContainEqual(['MTU', '1400 bytes'])
  expect(found.page).toContain('| `mtu` | `--mtu <bytes>` | largest packet between pods |')
  expect(found.page).toContain('\nmtu: 1400\n')
}, 60_000)

test('no other file needs a change: the types agree', async () => {
  const config = { extends: './tsconfig.json', include: ['src', 'probe.ts'] }
  writeFileSync(at('tsconfig.copy.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  await expect(node(tsc, '--noEmit', '--project', 'tsconfig.copy.json')).resolves.toBe('')
}, 180_000)
