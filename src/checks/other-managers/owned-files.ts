import { AgentError } from '../../base/agent-error.ts'
import { CNI_CONFIGURATION, CONTAINERD, ETCD_CONFIGURATION, KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { isBelow } from '../../host/parse/mountinfo.ts'

/** Files and directories that Cantrip writes and that another program may manage already. */
const FILES = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/etc/fstab']
const DIRECTORIES = [CONTAINERD.configuration, CNI_CONFIGURATION, ETCD_CONFIGURATION, KUBERNETES]
const NAMES = /^\/etc\/(systemd\/system\/(kubelet|etcd|cantrip)|(modules-load|sysctl)\.d\/90-cantrip)/

/** The header that configuration managers write into their files by convention. */
const MARK =
  /(?:managed|maintained|generated|deployed) by[^\n]{0,40}\b(puppet|salt|chef|cinc|ansible|cfengine)\b|\b(ansible)_managed\b|\b(ansible|puppet|salt|chef) managed\b/i

const PUPPET_RESOURCES = [
  '/opt/puppetlabs/puppet/cache/state/resources.txt',
  '/var/lib/puppet/state/resources.txt',
  '/var/cache/puppet/state/resources.txt',
]
/** Chef keeps replaced files here, under their original path, with a timestamp appended. */
const CHEF_BACKUPS = ['/var/chef/backup', '/var/cinc/backup']

export interface OwnedFile {
  path: string
  manager: string
}

/** Files that Cantrip writes and that a configuration manager manages as well. */
export async function ownedFiles(host: HostView): Promise<OwnedFile[]> {
  const found = (await Promise.all([marked(host), ofPuppet(host), ofChef(host)])).flat()
  return [...new Map(found.map((file) => [file.path, file])).values()]
}

async function marked(host: HostView): Promise<OwnedFile[]> {
  const files = await Promise.all(
    FILES.map(async (path) => {
      const [, ...names] = MARK.exec((await readIfFile(host, path)) ?? '') ?? []
      const manager = names.find((name) => name !== undefined)
      return manager === undefined ? [] : [{ path, manager: manager.toLowerCase() }]
    }),
  )
  return files.flat()
}

/** One `file[/etc/resolv.conf]` on each line. */
async function ofPuppet(host: HostView): Promise<OwnedFile[]> {
  const texts = await Promise.all(PUPPET_RESOURCES.map((path) => host.read(path)))
  const paths = [...texts.join('\n').matchAll(/^file\[([^\]]+)\]/gm)].map((match) => match[1] ?? '')
  return paths.filter(isWrittenByCantrip).map((path) => ({ path, manager: 'puppet' }))
}

async function ofChef(host: HostView): Promise<OwnedFile[]> {
  const lists = await Promise.all(
    CHEF_BACKUPS.map(async (root) => ((await host.list(`${root}/etc`)) ?? []).map((name) => `/etc/${name}`)),
  )
  const paths = lists.flat().map((path) => path.replace(/\.chef-[\d.]+$/, ''))
  return paths.filter(isWrittenByCantrip).map((path) => ({ path, manager: 'chef' }))
}

function isWrittenByCantrip(path: string): boolean {
  return FILES.includes(path) || DIRECTORIES.some((directory) => isBelow(path, directory)) || NAMES.test(path)
}

/** Undefined also if the path is not a file: a manager may have replaced it. */
async function readIfFile(host: HostView, path: string): Promise<string | undefined> {
  try {
    return await host.read(path)
  } catch (cause) {
    if (cause instanceof AgentError) return undefined
    throw cause
  }
}
