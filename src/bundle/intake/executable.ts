import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ARCH, type Arch } from '../arch.ts'
import { outputOf } from '../make/command.ts'
import { readElf } from '../make/elf.ts'
import { contentKind } from './content-kind.ts'

/** The arguments with which a program prints its version. A CNI plugin prints it without any. */
const VERSION_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  kubeadm: ['version', '-o', 'short'],
  kubectl: ['version', '--client'],
  'containerd-shim-runc-v2': ['-v'],
  etcdctl: ['version'],
  etcdutl: ['version'],
  coredns: ['-version'],
}
const TIMEOUT_MS = 20_000

interface Wanted {
  role: 'binary' | 'cni-plugin'
  name: string
  version: string
  arch: Arch
}

/**
 * What is wrong with an executable: not one, for another architecture, or of another version. The version is asked only on a
 * machine of that architecture.
 */
export async function executableProblem(file: string, wanted: Wanted, scratch: string): Promise<string | undefined> {
  const elf = await readElf(file)
  const { go, elfMachine } = ARCH[wanted.arch]
  if (!elf) {
    const kind = await contentKind(file)
    return `is ${kind === 'an ELF file' ? 'a damaged ELF file' : kind}; wanted an executable for ${go}`
  }
  if (elf.machine !== elfMachine) return `is an executable for ${machineName(elf.machine)}; wanted one for ${go}`
  return wanted.arch === process.arch ? versionProblem(file, wanted, scratch) : undefined
}

function machineName(machine: number): string {
  const known = Object.values(ARCH).find(({ elfMachine }) => elfMachine === machine)
  return known?.go ?? `ELF machine ${machine}`
}

async function versionProblem(file: string, wanted: Wanted, scratch: string): Promise<string | undefined> {
  const directory = await mkdtemp(join(scratch, 'run-'))
  try {
    // A downloaded file cannot be run as it is, and must not be changed.
    const copy = join(directory, wanted.name)
    await copyFile(file, copy)
    await chmod(copy, 0o755)
    const args = wanted.role === 'cni-plugin' ? [] : (VERSION_ARGUMENTS[wanted.name] ?? ['--version'])
    const output = await outputOf([copy, ...args], TIMEOUT_MS)
    const [first = ''] = output.trim().split('\n')
    const found = versionIn(output)
    const bare = wanted.version.replace(/^v/, '')
    if (found === bare) return undefined
    if (found !== undefined) return `is version ${found}; wanted ${bare}`
    // Builds of CNI plugins from a package of a distribution print no version.
    if (wanted.role === 'cni-plugin' && first.startsWith('CNI ')) return undefined
    return `printed no version when started with ${JSON.stringify(args.join(' '))}: ${JSON.stringify(first.slice(0, 120))}`
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The first version in the output of a program, without `v`. */
function versionIn(output: string): string | undefined {
  return /(?<![.\w/])v?(\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?)/.exec(output.replace(/^CoreDNS-/, ''))?.[1]
}
