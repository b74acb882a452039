/** The parts of a kernel that undo uses: mounts, links, network namespaces, firewall rules. */
import { AgentError } from '../../../src/base/agent-error.ts'
import type { FakeFiles } from '../../support/fake-files.ts'
import type { FakeMachine } from '../../support/fake-machine.ts'

const MOUNTS = '/proc/self/mountinfo'
/** Not a path of Linux: the model stores the output of iptables-save here. */
const RULES = '/model/iptables'

export function addMount(files: FakeFiles, point: string): void {
  files.seedDirectory(point)
  const mounts = files.bytes(MOUNTS)?.toString() ?? ''
  if (mountPoints(files).includes(point)) return
  files.seed(MOUNTS, `${mounts}90 1 0:50 / ${point} rw - tmpfs tmpfs rw\n`)
}

export function answerKernel(machine: FakeMachine): void {
  const { files } = machine
  machine.on(['umount'], (argv) => {
    const gone = new Set(argv.slice(2))
    const kept = lines(files, MOUNTS).filter((line) => !gone.has(pointOf(line)))
    files.seed(MOUNTS, kept.map((line) => `${line}\n`).join(''))
    return {}
  })
  machine.on(['ip', '-force', '-batch'], (_, { stdin = '' }) => {
    for (const line of stdin.trim().split('\n')) {
      const [kind, , name = ''] = line.split(' ')
      if (kind === 'link') files.deleteTree(`/sys/class/net/${name}`, false)
      else removeNamespace(files, `/run/netns/${name}`)
    }
    return {}
  })
  machine.on(['systemctl', 'stop'], {})
  // containerd's database contains the network namespace of each sandbox while its directory exists.
  machine.on(['grep', '--text'], (argv) => {
    const isThere = files.get((argv.at(-1) ?? '').split('/io.containerd')[0] ?? '') !== undefined
    return { stdout: isThere ? 'cni-08dc8ea8-7f3c-4b0a-9d0e-1c2b3a4d5e6f\n' : '' }
  })
  machine.on(['iptables-nft-save'], () => ({ stdout: `*nat\n${files.bytes(RULES) ?? ''}COMMIT\n` }))
  machine.on(['iptables-nft-restore'], (_, { stdin = '' }) => {
    files.seed(RULES, restored(lines(files, RULES), stdin.split('\n')))
    return {}
  })
  // A tree with a mount in it, and a cgroup with a process in it, cannot be deleted.
  const { removeTree, removeDirectory } = machine
  machine.removeTree = async (path, options) => {
    const mount = mountPoints(files).find((point) => point.startsWith(`${path}/`))
    if (mount) throw new AgentError('file/mount-in-tree', `${mount} is mounted below ${path}`, { fix: 'umount it' })
    return removeTree(path, options)
  }
  machine.removeDirectory = async (path) => {
    const isGroup = path.startsWith('/sys/fs/cgroup/')
    if (isGroup && (files.list('/proc') ?? []).some((name) => /^\d+$/.test(name))) throw new Error(`EBUSY: ${path}`)
    return removeDirectory(path)
  }
}

function removeNamespace(files: FakeFiles, path: string): void {
  const others = lines(files, MOUNTS).filter((line) => pointOf(line) !== path)
  files.seed(MOUNTS, others.map((line) => `${line}\n`).join(''))
  files.delete(path)
}

function mountPoints(files: FakeFiles): string[] {
  return lines(files, MOUNTS).map(pointOf)
}

const pointOf = (line: string) => line.split(' ')[4] ?? ''
const lines = (files: FakeFiles, path: string) => (files.bytes(path)?.toString() ?? '').split('\n').filter(Boolean)

/** Like iptables-restore --noflush: `:CHAIN` empties a chain, `-D` deletes a rule, `-X` deletes a chain. */
function restored(before: string[], script: string[]): string {
  let rules = before
  for (const line of script) {
    const chain = line.split(' ')[1] ?? ''
    if (line.startsWith(':')) rules = rules.filter((rule) => !rule.startsWith(`-A ${line.slice(1).split(' ')[0]} `))
    if (line.startsWith('-D')) rules = rules.filter((rule) => rule !== `-A${line.slice(2)}`)
    if (line.startsWith('-X')) rules = rules.filter((rule) => !rule.startsWith(`:${chain} `))
  }
  return rules.map((rule) => `${rule}\n`).join('')
}
