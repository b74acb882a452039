import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Arch } from '../../bundle/arch.ts'
import { BINARIES, CNI_PLUGINS, IMAGES } from '../../bundle/contents.ts'
import { imageArchive } from '../../bundle/make/image.ts'
import { writeHashed } from '../../bundle/make/write-hashed.ts'
import { DEFAULT_VERSIONS } from '../../bundle/versions/sets.ts'
import { registerBundle } from './bundle.ts'

const arch: Arch = process.arch === 'arm64' ? 'arm64' : 'x64'
let scratch: string
const at = (...path: string[]) => join(scratch, ...path)

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'cantrip-bundle-cli-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(scratch, { recursive: true, force: true })
})

/** What the command prints to standard output. */
async function controller(...args: string[]): Promise<string> {
  const printed: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const program = new Command('controller')
  registerBundle(program)
  await program.parseAsync(['bundle', ...args], { from: 'user' }).finally(() => vi.restoreAllMocks())
  return printed.join('')
}

async function prepareDirectory(): Promise<void> {
  for (const folder of ['bin', 'cni', 'images', 'manifests']) await mkdir(at('files', folder), { recursive: true })
  for (const name of Object.keys(BINARIES)) await writeFile(at('files/bin', name), name)
  for (const name of Object.keys(CNI_PLUGINS)) await writeFile(at('files/cni', name), name)
  await writeFile(at('files/manifests/flannel.yaml'), 'kind: List\n')
  const images = Object.entries(IMAGES).map(([name, { version }]) => `${name}:${DEFAULT_VERSIONS[version]}`)
  for (const [index, name] of [...images, 'cantrip.local/agent:1.0.0'].entries()) {
    const image = await imageArchive({ name, arch, layer: new Map() })
    await writeHashed(at('files/images', `${index}.tar`), image.bytes())
  }
}

test('a bundle is built from a directory, verified, imported and listed', async () => {
  await prepareDirectory()
  const key = at('key.pem')
  const tar = at('bundle.tar')
  const built = await controller(
    ...['build', '--from', 'dir', '--dir', at('files'), '--arch', arch],
    ...['--agent', process.execPath, '--output', tar, '--key', key],
  )
  expect(built).toBe(`kubernetes-${DEFAULT_VERSIONS.kubernetes}-${arch}: ${tar}, signed with ${key}\n`)
  const verified = JSON.parse(await controller('verify', tar, '--key', `${key}.pub`, '-o', 'json'))
  expect(verified.files).toHaveLength(27)
  expect(await controller('verify', tar, '--key', `${key}.pub`)).toContain(
    `all 27 files verified, manifest ${verified.manifestSha256}`,
  )
  await controller('import', tar, '--data', at('data'), '--key', `${key}.pub`)
  const [listed] = JSON.parse(await controller('list', '--data', at('data'), '-o', 'json'))
  expect(listed).toMatchObject({
    manifestSha256: verified.manifestSha256,
    arch,
    kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
  })
  expect(await controller('list', '--data', at('data'))).toMatch(/^NAME +KUBERNETES +ARCH/)
})

test.each([
  ['bundle/bad-agent', ['build', '--agent', '/etc/passwd', '--output', '/nonexistent/out']],
  ['bundle/no-directory', ['build', '--from', 'dir', '--agent', process.execPath, '--output', '/nonexistent/out']],
  ['bundle/missing', ['verify', '/nonexistent', '--key', '/nonexistent/key.pub']],
])('bad input is %s, exit code 2', async (code, args) => {
  await expect(controller(...args)).rejects.toMatchObject({ code, kind: 'invalid' })
})
