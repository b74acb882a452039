import type { HostView } from '../host.ts'

/** Properties of a systemd unit as `systemctl show` prints them; unknown ones are missing. */
export async function unitProperties(
  view: HostView,
  unit: string,
  names: readonly string[],
): Promise<Record<string, string>> {
  const { stdout } = await view.ask(['systemctl', 'show', unit, `--property=${names.join(',')}`])
  return parseUnitProperties(stdout)
}

export function parseUnitProperties(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]]
    }),
  )
}
