import type { HostView } from '../../host/host.ts'
import { parseSysctlConf } from '../../host/parse/sysctl-conf.ts'

/** sysctl.d(5): of several files with one name, the one in the first directory counts; files are read in order of name. */
const DIRECTORIES = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d', '/lib/sysctl.d']

export interface BootSetting {
  value: string
  file: string
}

/** The value of each parameter at the next boot, and the file that sets it. */
export async function bootSettings(host: HostView): Promise<Map<string, BootSetting>> {
  const lists = await Promise.all(DIRECTORIES.map((directory) => host.list(directory)))
  const pathOf = new Map<string, string>()
  DIRECTORIES.forEach((directory, i) => {
    for (const name of lists[i] ?? [])
      if (name.endsWith('.conf') && !pathOf.has(name)) pathOf.set(name, `${directory}/${name}`)
  })
  const paths = [...pathOf].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path)
  const texts = await Promise.all(paths.map((path) => textOf(host, path)))
  const settings = new Map<string, BootSetting>()
  paths.forEach((file, i) => {
    for (const [key, value] of parseSysctlConf(texts[i] ?? '')) settings.set(key, { value, file })
  })
  return settings
}

/** Empty if the file is masked by a link to /dev/null. */
async function textOf(host: HostView, path: string): Promise<string> {
  if ((await host.readLink(path)) === '/dev/null') return ''
  return (await host.read(path)) ?? ''
}
