/** Time servers named in chrony.conf, a file of its sources.d, or ntp.conf: `server`, `pool` and `peer` lines. */
export function parseNtpServers(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [keyword, ...words] = line.trim().split(/\s+/)
    // ntp.conf takes -4 and -6 before the name; 127.127.x.y are its names for local clocks, not addresses.
    const name = words.find((word) => !word.startsWith('-'))
    const isSource = ['server', 'pool', 'peer'].includes(keyword ?? '')
    return isSource && name !== undefined && !name.startsWith('127.127.') ? [name] : []
  })
}

export interface ChronyDirectory {
  directory: string
  /** Files that count. */
  suffix: '.conf' | '.sources'
}

/** Directories that chrony.conf reads more of. */
export function parseChronyDirectories(text: string): ChronyDirectory[] {
  return text.split('\n').flatMap((line): ChronyDirectory[] => {
    const [keyword, ...directories] = line.trim().split(/\s+/)
    if (keyword === 'confdir') return directories.map((directory) => ({ directory, suffix: '.conf' }))
    if (keyword === 'sourcedir') return directories.map((directory) => ({ directory, suffix: '.sources' }))
    return []
  })
}

/**
 * NTP= of timesyncd.conf and its drop-ins, given in the order in which they are read; an empty one clears the list.
 * FallbackNTP= counts where there is nothing else, also as the comment that tells the built-in default.
 */
export function parseTimesyncdServers(texts: readonly string[]): string[] {
  let servers: string[] = []
  let fallback: string[] = []
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const [, comment, key, value] = /^\s*(#?)\s*(NTP|FallbackNTP)\s*=(.*)$/.exec(line) ?? []
    if (value === undefined) continue
    const names = value.trim().split(/\s+/).filter(Boolean)
    if (key === 'FallbackNTP') fallback = names
    else if (comment === '') servers = names.length === 0 ? [] : [...servers, ...names]
  }
  return servers.length > 0 ? servers : fallback
}

/** NTP= of a link or of all links in /run/systemd/netif, which come from DHCP. */
export function parseLinkServers(text: string): string[] {
  return (/^NTP=(.*)$/m.exec(text)?.[1] ?? '').split(/\s+/).filter(Boolean)
}

/** `chronyc -n tracking`: the reference and stratum while synchronised. */
export function parseChronyTracking(text: string): { reference: string; stratum: number } | undefined {
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1]?.trim()
  const [id = '', name = ''] = /^(\S+)(?: \((.*)\))?$/.exec(field('Reference ID') ?? '')?.slice(1) ?? []
  const stratum = Number(field('Stratum'))
  const isNone = /^0*$/.test(id) || id === '7F7F0101'
  if (field('Leap status') === 'Not synchronised' || isNone || !(stratum >= 1 && stratum < 16)) return undefined
  return { reference: name || id, stratum }
}

/** `ntpq -c rv`: does ntpd follow a source? */
export function parseNtpqSynchronised(text: string): boolean {
  return /\bleap_(none|add_sec|del_sec|add|del)\b/.test(text) && /\bsync_(?!unspec\b)\w+/.test(text)
}
