import { type Problem, refuseAll } from '../declare/problem.ts'
import { readText } from '../declare/read-text.ts'
import type { InventoryHost } from './host.ts'
import { invalid, startOf } from './invalid.ts'

/**
 * The hosts of an inventory, or of standard input for `-`: Ansible's INI or YAML, Konvoy's PreprovisionedInventory, or CSV, which is
 * told by the name of the file, else by its content. Throws `inventory/…`.
 */
export async function loadInventory(path: string): Promise<InventoryHost[]> {
  const text = await readText(path, 'inventory')
  const file = path === '-' ? 'stdin' : path
  const hosts = await hostsIn(file, text)
  const problems: Problem[] = []
  const refuse = (found: string, fix: string) => problems.push(invalid(startOf(file), found, fix))
  if (hosts.length === 0) refuse('it has no hosts', 'name at least one host')
  const places = Map.groupBy(hosts, ({ address, port }) => `${address} ${port ?? 22}`)
  for (const [one, other] of places.values())
    if (one && other)
      refuse(`${one.name} and ${other.name} have the same address ${one.address}`, 'correct one of them')
  refuseAll(problems)
  return hosts
}

async function hostsIn(file: string, text: string): Promise<InventoryHost[]> {
  switch (formOf(file, text)) {
    case 'csv':
      return (await import('./csv.ts')).parseCsv(file, text)
    case 'yaml':
      return fromYaml(file, text)
    case 'ini': {
      const [{ parseIni }, { hostsOf }] = await Promise.all([
        import('./ansible/ini.ts'),
        import('./ansible/hosts-of.ts'),
      ])
      return hostsOf(file, parseIni(file, text))
    }
  }
}

/** PyYAML merges maps with `<<`. Encrypted and literal texts have tags of their own. */
export const ANSIBLE = {
  code: 'inventory/invalid',
  help: 'see: controller inventory show --help',
  parser: { merge: true, customTags: ['!vault', '!unsafe'].map((tag) => ({ tag, resolve: (text: string) => text })) },
}

function formOf(file: string, text: string): 'csv' | 'yaml' | 'ini' {
  const [, extension = ''] = /\.([a-z]+)$/i.exec(file) ?? []
  if (extension.toLowerCase() === 'csv') return 'csv'
  if (/^(?:ya?ml|json)$/i.test(extension)) return 'yaml'
  if (extension !== '') return 'ini'
  const [first = ''] = text.split('\n').filter((line) => !/^\s*(?:[#;].*)?$/.test(line))
  if (/^(?:---|[{"]|[\w.-]+:(?:\s|$))/.test(first)) return 'yaml'
  return /^[^[=\s]+[,;]/.test(first) ? 'csv' : 'ini'
}

async function fromYaml(file: string, text: string): Promise<InventoryHost[]> {
  const [{ parseDocuments }, { parseAnsibleYaml }, { hostsOf }, konvoy] = await Promise.all([
    import('../declare/documents.ts'),
    import('./ansible/yaml.ts'),
    import('./ansible/hosts-of.ts'),
    import('./konvoy.ts'),
  ])
  return parseDocuments(file, text, ANSIBLE).flatMap((source) => {
    const kind = (source.value as { kind?: unknown } | null)?.kind
    if (kind === konvoy.PREPROVISIONED) return konvoy.parsePreprovisioned(source)
    return hostsOf(file, parseAnsibleYaml(source))
  })
}
