/** Controllers that /proc/cgroups calls enabled: those of version 1, see cgroups(7). */
export function parseEnabledControllers(text: string): Set<string> {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  const rows = lines.map((line) => line.split('\t'))
  return new Set(rows.filter(([, , , enabled]) => enabled?.trim() === '1').map(([name = '']) => name))
}
