/** Time servers named in chrony.conf, a file of its sources.d, or ntp.conf: `server`, `pool` and `peer` lines. */
export function parseNtpServers(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [keyword, ...words] = line.trim().split(/\s+/)
    // ntp.conf allows -4 and -6 before the name; 127.127.x.y are reference clocks, not addresses.
    const name = words.find((word) => !word.startsWith('-'))
    const isSource = ['server', 'pool', 'peer'].includes(keyword ?? '')
    return isSource && name !== undefined && !name.startsWith('127.127.') ? [name] : []
  })
}

export interface ChronyDirectory {
  directory: string
  /** Suffix of the files that are read. */
  suffix: '.conf' | '.sources'
}

/** Directories that chrony.conf includes. */
export function parseChronyDirectories(text: string): ChronyDirectory[] {
  return text.split('\n').flatMap((line): ChronyDirectory[] => {
    const [keyword, ...directories] = line.trim().split(/\s+/)
    if (keyword === 'confdir') return directories.map((directory) => ({ directory, suffix: '.conf' }))
    if (keyword === 'sourcedir') return directories.map((directory) => ({ directory, suffix: '.sources' }))
    return []
  })
}

/**
 * NTP= of timesyncd.conf and its drop-ins, in the order in which they are read; an empty value clears the list.
 * FallbackNTP= counts if there is no NTP=, also as the comment with the built-in default.
 */
export function parseTimesyncdServers(texts: readonly string[]): string[] {
  let servers: string[] = []
  let fallback: string[] = []
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const [, comment, key, value] = /^(#?)\s*(NTP|FallbackNTP)\s*=(.*)$/.exec(line.trimStart()) ?? []
    if (value === undefined) continue
    const names = value.trim().split(/\s+/).filter(Boolean)
    if (key === 'FallbackNTP') fallback = names
    else if (comment === '' && names.length === 0) servers = []
    else if (comment === '') servers.push(...names)
  }
  return servers.length > 0 ? servers : fallback
}

/** NTP= in the files of /run/systemd/netif, which come from DHCP. */
export function parseLinkServers(text: string): string[] {
  return (/^NTP=(.*)$/m.exec(text)?.[1] ?? '').split(/\s+/).filter(Boolean)
}

export interface ChronyTracking {
  reference: string
  stratum: number
  /** Offset of the clock from chrony's time; 0 if chrony does not report it. */
  offsetMs: number
}

/** `chronyc -n tracking`: the source; undefined if chrony is not synchronised. */
export function parseChronyTracking(text: string): ChronyTracking | undefined {
  const field = (name: string) => new RegExp(`^${name}[ \\t]*: (.*)$`, 'm').exec(text)?.[1]?.trim()
  const [id = '', name = ''] = /^(\S+)(?: \((.*)\))?$/.exec(field('Reference ID') ?? '')?.slice(1) ?? []
  const stratum = Number(field('Stratum'))
  const isNone = /^0*$/.test(id) || id === '7F7F0101'
  if (field('Leap status') === 'Not synchronised' || isNone || !(stratum >= 1 && stratum < 16)) return undefined
  const seconds = Number(/^(\d{1,12}(?:\.\d{1,12})?) seconds/.exec(field('System time') ?? '')?.[1] ?? 0)
  return { reference: name || id, stratum, offsetMs: seconds * 1_000 }
}

/** `timedatectl show-timesync`: the server of systemd-timesyncd. */
export function parseTimesyncServer(text: string): string | undefined {
  const field = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1]?.trim()
  const [name, address] = [field('ServerName'), field('ServerAddress')]
  if (name === undefined || address === undefined || name === address) return name ?? address
  return `${name} (${address})`
}

/** `ntpq -c rv`: whether ntpd is synchronised. */
export function parseNtpqSynchronised(text: string): boolean {
  return /\bleap_(none|add_sec|del_sec|add|del)\b/.test(text) && /\bsync_(?!unspec\b)\w+/.test(text)
}

/** `ntpctl -s status` of OpenNTPD: `4/4 peers valid, clock synced, stratum 3` */
export function parseNtpctlSynchronised(text: string): boolean {
  return /\bclock synced\b/.test(text)
}
