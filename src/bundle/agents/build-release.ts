import type { KeyObject } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ARCH } from '../arch.ts'
import { badBundle } from '../error.ts'
import { signManifest } from '../keys.ts'
import { agentVersion } from '../make/agent-file.ts'
import { readElf } from '../make/elf.ts'
import { type AgentArch, type AgentRelease, RELEASE_NAME, RELEASE_SIGNATURE_NAME } from './format.ts'
import { hashing } from './hashing.ts'

export interface ReleaseOptions {
  /** Executables, one for each architecture. */
  executables: readonly string[]
  /** Default: what the executable for this machine prints. */
  version?: string | undefined
  /** Of the program that builds the release, for executables that cannot run here. */
  own: string
  output: string
  key: KeyObject
  now: Date
}

/** Copies executables of the agent to a directory, with a signed manifest. */
export async function buildRelease({
  executables,
  version,
  own,
  output,
  key,
  now,
}: ReleaseOptions): Promise<AgentRelease> {
  const found = await Promise.all(executables.map(async (file) => ({ file, arch: await archOf(file) })))
  const versions = await Promise.all(found.map(({ file, arch }) => agentVersion(file, arch, own)))
  const own64 = found.findIndex(({ arch }) => arch === process.arch)
  await mkdir(output, { recursive: true, mode: 0o755 })
  const files: AgentRelease['files'] = []
  for (const { file, arch } of found) {
    const path = `agent-linux-${arch}` as const
    if (files.some((each) => each.arch === arch)) throw badBundle('bad-agent', `found two executables for ${arch}`)
    const { pass, result } = hashing()
    await pipeline(createReadStream(file), pass, createWriteStream(join(output, path)))
    await chmod(join(output, path), 0o755)
    files.push({ arch, path, ...result() })
  }
  const release: AgentRelease = {
    ...{ format: 1, kind: 'agents', version: version ?? versions[Math.max(own64, 0)] ?? own },
    createdAt: now.toISOString(),
    files,
  }
  const bytes = Buffer.from(`${JSON.stringify(release, null, 2)}\n`)
  await writeFile(join(output, RELEASE_NAME), bytes)
  await writeFile(join(output, RELEASE_SIGNATURE_NAME), signManifest(bytes, key))
  return release
}

async function archOf(file: string): Promise<AgentArch> {
  const machine = (await readElf(file).catch(() => undefined))?.machine
  const arch = (['x64', 'arm64'] as const).find((each) => ARCH[each].elfMachine === machine)
  if (arch) return arch
  throw badBundle('bad-agent', `${file} is not an executable of the agent`, 'pass e.g. dist/agent-linux-x64')
}
