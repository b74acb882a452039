import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { putImage, putLayout } from '../../../test/support/upstream-files.ts'
import type { Arch } from '../../bundle/arch.ts'
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
  await putLayout(at('files'), arch)
  await putImage(at('files/images/agent.tar'), 'cantrip.local/agent:1.0.0', arch)
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

test('list-files prints what to download, as text and for other programs', async () => {
  expect(await controller('list-files')).toMatch(/^KIND +SOURCE +GIVES\nfile +https:\/\/dl\.k8s\.io/)
  expect(await controller('list-files', '-o', 'wget')).toMatch(/^https:\/\/dl\.k8s\.io/)
  expect(await controller('list-files', '--arch', 'arm64', '-o', 'json')).toContain('runc.arm64')
  expect(await controller('list-files', '-o', 'skopeo')).toContain('registry.k8s.io:\n  images:\n')
})

test.each([
  ['bundle/bad-agent', ['build', '--agent', '/etc/passwd', '--output', '/nonexistent/out']],
  ['bundle/no-directory', ['build', '--from', 'dir', '--agent', process.execPath, '--output', '/nonexistent/out']],
  ['bundle/missing', ['verify', '/nonexistent', '--key', '/nonexistent/key.pub']],
])('bad input is %s, exit code 2', async (code, args) => {
  await expect(controller(...args)).rejects.toMatchObject({ code, kind: 'invalid' })
})

test('options of downloads are refused with another source', async () => {
  const build = (...flags: string[]) =>
    controller('build', '--agent', process.execPath, '--to', at('bundle'), '--key', at('key.pem'), ...flags)
  await expect(build('--base', 'https://mirror.example')).rejects.toThrow('--base is only for --from upstream')
  await expect(build('--from', 'dir', '--dir', scratch, '--update-lock')).rejects.toThrow(
    '--update-lock is only for --from',
  )
  await expect(build('--from', 'upstream', '--dir', scratch)).rejects.toThrow('--dir is only for --from dir')
  await expect(build('--from', 'upstream', '--update-lock')).rejects.toThrow('--update-lock is only for --lock')
  await expect(build('--locked')).rejects.toThrow('--locked is only for --from upstream')
  await expect(build('--from', 'upstream', '--locked')).rejects.toThrow('--locked is only for --lock')
  await expect(build('--from', 'upstream', '--lock', at('x'), '--locked', '--update-lock')).rejects.toThrow(
    '--locked keeps the file',
  )
  const mistyped = build('--from', 'upstream', '--lock', at('bundel.lock.json'), '--locked', '--arch', arch)
  await expect(mistyped).rejects.toMatchObject({ code: 'bundle/missing', kind: 'invalid' })
  const wrong = build('--from', 'upstream', '--base', 'mirror.example', '--arch', arch)
  await expect(wrong).rejects.toMatchObject({ code: 'bundle/bad-url' })
})
