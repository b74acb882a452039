import { command } from '../../base/command.ts'
import type { Finding } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { filesIn, type Ini, isYes, parseIni, settingOf } from './ini.ts'
import { matchesGlob, POD_LINKS, type PodLink, patternsOf } from './pod-links.ts'

/** A file hides those of the same name in later directories (systemd.network(5)). */
const DIRECTORIES = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((top) => `${top}/systemd/network`)
/** Keys of [Match] that apply to virtual links. The others match network cards or the machine. */
const LINK_KEYS: Record<string, (link: PodLink) => string> = {
  Name: ({ name }) => name,
  Type: ({ type }) => type,
  Kind: ({ kind }) => kind,
  Driver: ({ kind }) => kind,
}
const MACHINE_KEYS = [
  'Host',
  'Virtualization',
  'KernelCommandLine',
  'KernelVersion',
  'Credential',
  'Architecture',
  'Firmware',
]

/**
 * Links of the pod network that systemd-networkd is configured to manage: it removes the addresses that CNI plugins assign,
 * and detaches the links from the bridge.
 */
export async function judgeNetworkFiles(host: HostView): Promise<Finding[]> {
  const files = await networkFiles(host)
  const managed = POD_LINKS.flatMap((link) => {
    const file = files.find(({ ini }) => matches(link, ini))
    return file === undefined || isYes(settingOf(file.ini, 'Link', 'Unmanaged')) ? [] : [{ link, path: file.path }]
  })
  if (managed.length === 0 || !(await isUnitActive(host, 'systemd-networkd.service'))) return []
  const links = managed.map(({ link }) => link)
  const names = patternsOf(links).join(' ')
  return [
    {
      kind: 'fail',
      found: `systemd-networkd manages ${names} by ${[...new Set(managed.map(({ path }) => path))].join(', ')}, and removes their addresses`,
      wanted: 'unmanaged links of the pod network',
      fix: command`printf '%s\n' '[Match]' ${`Name=${names}`} '' '[Link]' 'Unmanaged=yes' > /etc/systemd/network/00-kubernetes.network && networkctl reload`,
    },
  ]
}

interface NetworkFile {
  path: string
  ini: Ini
}

/** In the order in which systemd-networkd reads them: by file name, regardless of the directory. */
async function networkFiles(host: HostView): Promise<NetworkFile[]> {
  const byName = new Map<string, string>()
  for (const directory of DIRECTORIES) {
    for (const name of (await host.list(directory)) ?? [])
      if (name.endsWith('.network') && !byName.has(name)) byName.set(name, `${directory}/${name}`)
  }
  const sorted = [...byName].sort(([a], [b]) => (a < b ? -1 : 1))
  const read = await Promise.all(
    sorted.map(async ([name, path]) => ({ path, text: await withDropIns(host, name, path) })),
  )
  // An empty file or a link to /dev/null only masks others.
  return read.flatMap(({ path, text }) => (text.trim() === '' ? [] : [{ path, ini: parseIni(text) }]))
}

async function withDropIns(host: HostView, name: string, path: string): Promise<string> {
  const isMasked = (await host.readLink(path)) === '/dev/null'
  if (isMasked) return ''
  const dropIns = await filesIn(
    host,
    DIRECTORIES.map((directory) => `${directory}/${name}.d`),
  )
  return [(await host.read(path)) ?? '', ...dropIns.map(({ text }) => text)].join('\n')
}

function matches(link: PodLink, ini: Ini): boolean {
  const conditions = Map.groupBy(ini.get('Match') ?? [], ([key]) => key)
  return [...conditions].every(([key, entries]) => {
    const valueOfLink = LINK_KEYS[key]?.(link)
    if (valueOfLink === undefined) return MACHINE_KEYS.includes(key)
    // An empty value resets the list; a leading `!` negates the whole list.
    const values = entries.map(([, value]) => value)
    const words = values
      .slice(values.lastIndexOf('') + 1)
      .join(' ')
      .split(/\s+/)
      .filter(Boolean)
    const isNot = words[0]?.startsWith('!') === true
    const patterns = words.map((word) => word.replace(/^!/, ''))
    return patterns.length === 0 || patterns.some((pattern) => matchesGlob(valueOfLink, pattern)) !== isNot
  })
}
