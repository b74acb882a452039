import { access, constants } from 'node:fs/promises'
import { ARCH, type Arch } from '../arch.ts'
import { badBundle } from '../error.ts'
import { runTool } from './command.ts'
import { readElf } from './elf.ts'

/**
 * The version that the agent's executable prints. The executable must be built for the bundle's architecture. If it cannot
 * run on this machine, returns `own`, the version of this controller: both come from one build.
 */
export async function agentVersion(file: string, arch: Arch, own: string): Promise<string> {
  const elf = await access(file, constants.X_OK).then(
    () => readElf(file),
    () => undefined,
  )
  if (elf?.machine !== ARCH[arch].elfMachine) {
    throw badBundle(
      'bad-agent',
      `${file} is not an executable for ${arch}; wanted the agent for the operator's image`,
      `pass the agent's executable: --agent dist/agent-linux-${arch}`,
    )
  }
  if (arch !== process.arch) return own
  const text = await runTool([file, '--version'])
  const version = /\d+\.\d+\.\d+[-.0-9A-Za-z]*/.exec(text)?.[0]
  if (version) return version
  throw badBundle('bad-agent', `${file} --version printed no version`, "pass the agent's executable with --agent")
}
