import { access, constants } from 'node:fs/promises'
import { ARCH, type Arch } from '../arch.ts'
import { badBundle } from '../error.ts'
import { runTool } from './command.ts'
import { readElf } from './elf.ts'

/**
 * The agent's version, asked of the executable itself, which must be one for the bundle's architecture. Where that is
 * not this machine's, `own`: controller and agent come from one build.
 */
export async function agentVersion(file: string, arch: Arch, own: string): Promise<string> {
  const elf = await access(file, constants.X_OK).then(
    () => readElf(file),
    () => undefined,
  )
  if (elf?.machine !== ARCH[arch].elfMachine) {
    throw badBundle(
      'bad-agent',
      `${file} is no executable for ${arch}; wanted the agent that goes into the operator's image`,
      `name the agent's executable: --agent dist/agent-linux-${arch}`,
    )
  }
  if (arch !== process.arch) return own
  const text = await runTool([file, '--version'])
  const version = /\d+\.\d+\.\d+[-.0-9A-Za-z]*/.exec(text)?.[0]
  if (version) return version
  throw badBundle('bad-agent', `${file} --version printed no version`, `name the agent's executable with --agent`)
}
