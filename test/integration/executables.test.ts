import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { targets } from '../../build/targets.ts'
import packageJson from '../../package.json' with { type: 'json' }

// The libraries of the arm64 executables. scripts/setup installs both.
const EMULATOR = ['/usr/bin/qemu-aarch64-static', '/usr/bin/qemu-aarch64'].find((path) => existsSync(path))
const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu'

const run = promisify(execFile)
const dist = join(import.meta.dirname, '../../dist')

const missing =
  EMULATOR && existsSync(ARM64_LIBRARIES)
    ? undefined
    : `needs qemu-user-static and arm64 libraries in ${ARM64_LIBRARIES}`

async function outputOf(arch: string, name: string, arg: string): Promise<string> {
  const path = join(dist, name)
  const emulation = arch === process.arch ? [] : [EMULATOR ?? '', '-L', ARM64_LIBRARIES]
  const [program = path, ...rest] = [...emulation, path, arg]
  const { stdout, stderr } = await run(program, rest)
  expect(stderr).toBe('')
  return stdout.trim()
}

const versionOf = (arch: string, name: string) => outputOf(arch, name, '--version')

for (const { name, arch } of targets)
  test(`${name} starts and prints version, commit and date`, async ({ skip }) => {
    skip(arch !== process.arch && missing !== undefined, missing)
    const version = await versionOf(arch, name)
    expect(version).toContain(packageJson.version)
    expect(version).toMatch(/\b[0-9a-f]{12}(-dirty)?\b|\bunknown\b/)
    expect(version).toMatch(/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\b|\bunknown\b/)
  })

for (const program of ['agent', 'controller'] as const)
  test(`${program} prints the same version on both architectures`, async ({ skip }) => {
    skip(missing !== undefined, missing)
    const [x64, arm64] = await Promise.all([
      versionOf('x64', `${program}-linux-x64`),
      versionOf('arm64', `${program}-linux-arm64`),
    ])
    expect(arm64).toBe(x64)
  })

for (const { name, arch, program } of targets.filter((target) => target.program === 'agent'))
  test(`${name} loads its commands from a separate script`, async ({ skip }) => {
    skip(arch !== process.arch && missing !== undefined, missing)
    expect(await outputOf(arch, name, '--help')).toMatch(new RegExp(`^Usage: ${program} .*precheck`, 's'))
  })

test('the script of the commands uses the code cache', async () => {
  const spy = join(import.meta.dirname, '../support/agent/spy-on-code-cache.cjs')
  const env = { ...process.env, NODE_OPTIONS: `--require=${spy}` }
  const { stderr } = await run(join(dist, 'agent-linux-x64'), ['--help'], { env })
  expect(stderr).toBe('verbs.cjs: cachedDataRejected false\n')
})
