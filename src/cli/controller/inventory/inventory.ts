import type { Command } from 'commander'
import { type Column, examples, formatOption, type PlainFormat, render } from '../../kit/output.ts'
import { print } from '../session/session.ts'
import type { InventoryHost } from './host.ts'

const list = (all: readonly string[]) => all.join(',')
const COLUMNS: Column<InventoryHost>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'ADDRESS', of: ({ address }) => address },
  { title: 'PORT', of: ({ port }) => (port === null ? '' : String(port)), rare: true },
  { title: 'USER', of: ({ user }) => user ?? '', rare: true },
  { title: 'ROLES', of: ({ roles }) => list(roles) },
  {
    title: 'LABELS',
    of: ({ labels }) => list(Object.entries(labels).map(([key, value]) => `${key}=${value}`)),
    rare: true,
  },
  { title: 'KEY', of: ({ keyFile }) => keyFile ?? '', rare: true },
  { title: 'GROUPS', of: ({ groups }) => list(groups), rare: true },
  { title: 'UNUSED', of: ({ unused }) => list(unused), rare: true },
]

/** `controller inventory show`. */
export function registerInventory(program: Command): void {
  program
    .command('inventory')
    .description('read inventories of machines')
    .command('show')
    .description('print the hosts of an inventory as Cantrip reads it: Ansible (INI, YAML), Konvoy, or CSV')
    .argument('<file>', 'file, or - for standard input')
    .addOption(formatOption())
    .addHelpText(
      'after',
      `${examples('controller inventory show hosts.ini', 'controller inventory show hosts.yaml -o json')}

Roles follow from the variable cantrip_roles, or from groups such as kube_control_plane, masters, kube_node and workers.
UNUSED are variables without a meaning for Cantrip; their values are not printed. Directories group_vars and host_vars are not
read; to include them: ansible-inventory -i DIRECTORY --list --yaml | controller inventory show -
A CSV file begins with a header: name, address, port, user, key, role, labels.`,
    )
    .action(async (file: string, { output }: { output: PlainFormat }) => {
      const { loadInventory } = await import('./load.ts')
      const hosts = await loadInventory(file)
      print(await render(output, hosts, hosts, COLUMNS))
    })
}
