import type { HostView } from '../../host/host.ts'

/** The sections of a configuration file of systemd or NetworkManager: keys and values in file order. */
export type Ini = ReadonlyMap<string, readonly (readonly [key: string, value: string])[]>

export function parseIni(text: string): Ini {
  const sections = new Map<string, [string, string][]>()
  let section: [string, string][] = []
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    const [, name] = /^\[(.+)\]$/.exec(line) ?? []
    const at = /^[#;]/.test(line) ? -1 : line.indexOf('=')
    if (name !== undefined) {
      section = sections.get(name) ?? []
      sections.set(name, section)
    } else if (at > 0) section.push([line.slice(0, at).trim(), line.slice(at + 1).trim()])
  }
  return sections
}

/** The last assignment counts. */
export function settingOf(ini: Ini, section: string, key: string): string | undefined {
  return ini.get(section)?.findLast(([name]) => name === key)?.[1]
}

/** Boolean values as systemd and GLib read them. */
export function isYes(value: string | undefined): boolean {
  return /^(1|y|yes|t|true|on)$/i.test(value ?? '')
}

/** All files of the directories, in this order. */
export async function filesIn(
  host: HostView,
  directories: readonly string[],
): Promise<{ path: string; text: string }[]> {
  const lists = await Promise.all(
    directories.map(async (directory) => ((await host.list(directory)) ?? []).map((name) => `${directory}/${name}`)),
  )
  return Promise.all(lists.flat().map(async (path) => ({ path, text: (await host.read(path)) ?? '' })))
}
