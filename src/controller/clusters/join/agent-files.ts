import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ARCH, type Arch } from '../../../bundle/arch.ts'
import { readElf } from '../../../bundle/make/elf.ts'
import { type AgentFile, JOIN_ARCHITECTURES, type JoinArchitecture } from '../../../protocol/api/identities/join.ts'

/** The names that scripts/build gives the executables. */
export const AGENT_FILES: Record<JoinArchitecture, { name: string; built: Arch }> = {
  amd64: { name: 'agent-linux-x64', built: 'x64' },
  arm64: { name: 'agent-linux-arm64', built: 'arm64' },
}

export interface StoredAgent extends AgentFile {
  file: string
}

/** The executables of the agent that this controller can send. */
export interface AgentFiles {
  /** The directories in which it looks, the first one first. */
  readonly directories: readonly string[]
  find(arch: JoinArchitecture): Promise<StoredAgent | undefined>
  all(): Promise<StoredAgent[]>
}

/** Looks again at each call; a file is read only when it is another one than before. */
export function openAgentFiles(directories: readonly string[]): AgentFiles {
  const known = new Map<string, { mark: string; agent: Promise<StoredAgent | undefined> }>()
  async function read(file: string, arch: JoinArchitecture): Promise<StoredAgent | undefined> {
    const found = await stat(file, { bigint: true }).catch(() => undefined)
    if (!found?.isFile()) return undefined
    const mark = [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ')
    const before = known.get(file)
    if (before?.mark === mark) return before.agent
    const agent = hash(file, arch, Number(found.size))
    known.set(file, { mark, agent })
    agent.catch(() => known.delete(file))
    return agent
  }
  async function find(arch: JoinArchitecture): Promise<StoredAgent | undefined> {
    for (const directory of directories) {
      const agent = await read(join(directory, AGENT_FILES[arch].name), arch)
      if (agent) return agent
    }
    return undefined
  }
  return {
    directories,
    find,
    all: async () => (await Promise.all(JOIN_ARCHITECTURES.map(find))).filter((agent) => agent !== undefined),
  }
}

/** Undefined if it is not an executable of this architecture. */
async function hash(file: string, arch: JoinArchitecture, size: number): Promise<StoredAgent | undefined> {
  if ((await readElf(file))?.machine !== ARCH[AGENT_FILES[arch].built].elfMachine) return undefined
  const digest = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), digest)
  return { arch, file, size, sha256: digest.digest('hex') }
}
