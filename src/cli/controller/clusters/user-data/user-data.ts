import { type Command, Option } from 'commander'
import { AgentError } from '../../../../base/agent-error.ts'
import { NodeRole } from '../../../../protocol/names.ts'
import { collect } from '../../../kit/collect.ts'
import { examples, formatOption, localTime, type PlainFormat, structured } from '../../../kit/output.ts'
import { print, withAdmin, withClient } from '../../session/session.ts'
import { CLUSTER, findCluster } from '../find-cluster.ts'
import { withJoinOptions } from '../join/issue-join.ts'
import { joinSeconds } from '../join/join-command.ts'
import {
  addressOf,
  addressWithPrefix,
  cpuCount,
  diskOf,
  hostnameOf,
  macOf,
  memoryOf,
  roleOf,
  serverOf,
} from './arguments.ts'
import { FORMATS, type Format, isOneFile, type Machine, RENDER, type Rendered } from './formats.ts'
import type { EntryFlags } from './issue-entry.ts'
import type { NetworkConfig } from './network.ts'

interface Flags extends EntryFlags {
  admin?: string
  platform: Format
  to?: string
  role?: NodeRole[]
  hostname?: string
  hostnameFromDmi?: boolean
  ntp?: string[]
  firewall?: boolean
  network?: string
  networkVersion: '1' | '2'
  mac?: string
  address?: string
  gateway?: string
  nameServer?: string[]
  cpus?: number
  memory?: number
  diskSize?: number
  output: PlainFormat
}

/** What clouds accept: 16 KiB on EC2, more elsewhere. */
const SMALLEST_LIMIT = 16_384

const DAY = 86_400

/** Parses each value of a repeatable option. */
const all = (parse: (text: string) => string) => (given: string, earlier?: string[]) => collect(parse(given), earlier)

/** `controller cluster user-data`. */
export function registerUserData(cluster: Command): void {
  const command = withAdmin(cluster.command('user-data'))
    .description('print what makes new machines nodes when they boot for the first time; it contains secrets')
    .argument(...CLUSTER)
    .addOption(
      new Option('--platform <platform>', 'which program or hypervisor takes it').choices(FORMATS).default(FORMATS[0]),
    )
    .option('--to <directory>', 'new directory for the files of nocloud, vsphere and proxmox')
    .addOption(new Option('--baked', 'the agent is in the image: write only its credentials').conflicts('arch'))
  withJoinOptions(command)
    .option(
      '--ttl <duration>',
      'how long it can be used, 1m to 30d (default: 24h); with --baked whole days (default: --installer-ttl)',
      joinSeconds,
    )
    .addOption(
      new Option('--role <role>', 'intended role, for the firewall; repeatable')
        .choices(NodeRole.options)
        .argParser(all(roleOf)),
    )
    .option('--firewall', 'nftables rules that admit what the role needs, SSH, HTTP and HTTPS')
    .option('--ntp <server>', 'NTP server; repeatable', all(serverOf))
    .addOption(
      new Option('--hostname <name>', 'hostname, if it is for one machine')
        .argParser(hostnameOf)
        .conflicts('hostnameFromDmi'),
    )
    .option('--hostname-from-dmi', 'hostname from the serial number of the machine')
  withNetworkOptions(command)
    .option('--cpus <number>', 'virtual CPUs, for the command of the hypervisor', cpuCount)
    .option('--memory <size>', 'memory, for the command of the hypervisor: 8GiB', memoryOf)
    .option('--disk-size <size>', 'size of the disk, for the command of the hypervisor: 80GiB', diskOf)
    .addOption(formatOption())
    .addHelpText(
      'after',
      examples(
        'controller cluster user-data factory > user-data',
        'controller cluster user-data factory --max-nodes 40 --ttl 2h --hostname-from-dmi --firewall --role worker',
        'controller cluster user-data factory --platform nocloud --to seed --mac 52-54-00-12-34-56 --address 10.1.2.3/24 --gateway 10.1.2.1',
        'controller cluster user-data factory --platform vsphere --to node-7 --hostname node-7 --cpus 4 --memory 8GiB --disk-size 80GiB',
        'controller cluster user-data factory --platform ignition --baked > config.ign',
      ),
    )
    .addHelpText('after', '\nTo revoke it: controller creds revoke NAME SET')
    .action(userData)
}

function withNetworkOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--network <file>',
        'network configuration of cloud-init, version 1 or 2; - is standard input',
      ).conflicts('mac'),
    )
    .option('--mac <address>', 'MAC address of the interface to configure', macOf)
    .option('--address <address/prefix>', 'its address (default: DHCP)', addressWithPrefix)
    .option('--gateway <address>', 'its default gateway', addressOf)
    .option('--name-server <address>', 'its name server; repeatable', all(addressOf))
    .addOption(
      new Option('--network-version <version>', 'format of the network configuration that is made from --mac')
        .choices(['1', '2'])
        .default('2'),
    )
}

async function userData(given: string, flags: Flags): Promise<void> {
  const { platform: format, to: directory } = flags
  if (directory === undefined && !isOneFile(format) && flags.output === 'text')
    throw unusable(`--platform ${format} makes several files, and --to is missing`, 'add --to with a new directory')
  if (flags.baked && flags.ttl !== undefined && flags.ttl % DAY !== 0)
    throw unusable('with --baked, credentials are valid for whole days, and --ttl has a part of one', 'pass --ttl 1d')
  const { network, nic } = await networkOf(flags)
  const { issueEntry } = await import('./issue-entry.ts')
  const { prepare } = await import('./preparation.ts')
  const { makeEmptyDirectory, writeFiles } = await import('./write-files.ts')
  if (directory !== undefined) makeEmptyDirectory(directory)
  await withClient(flags, async (client) => {
    const { name: cluster, settings } = await findCluster(client, given)
    const { entry, credentials } = await issueEntry(client, cluster, flags)
    const preparation = prepare({
      ...{ entry, hostname: flags.hostname, isNamedBySerial: flags.hostnameFromDmi === true, ntp: flags.ntp ?? [] },
      firewall: flags.firewall ? { roles: flags.role ?? [], cni: settings.cni } : undefined,
    })
    const { name: set, fetchableUntil, expiresAt, maxNodes } = credentials
    const where = directory ?? '.'
    const rendered = RENDER[format]({ preparation, set, directory: where, network, nic, machine: machineOf(flags) })
    const until = fetchableUntil ?? expiresAt
    const written = directory === undefined ? [] : writeFiles(directory, rendered.files)
    if (flags.output !== 'text') {
      const files = filesView(rendered, written)
      return print(await structured(flags.output, { cluster, name: set, until, maxNodes, files, next: rendered.next }))
    }
    if (directory === undefined) print(Object.values(rendered.files).join(''))
    const nodes = maxNodes === 1 ? '1 node' : `${maxNodes ?? 'any number of'} nodes`
    process.stderr.write(`${textOf(rendered, written)}
It is a secret until ${localTime(until)}, and for ${nodes}.
To revoke it: controller creds revoke ${cluster} ${set}
`)
  })
}

/** Of each file its content, or where it was written. */
function filesView({ files }: Rendered, written: readonly string[]) {
  const views = Object.entries(files).map(([name, text], index) => {
    const path = written[index] ?? null
    return [name, { path, content: path === null ? text : null }] as const
  })
  return Object.fromEntries(views)
}

function textOf({ files, next }: Rendered, written: readonly string[]): string {
  const [first = ''] = Object.values(files)
  const bytes = Buffer.byteLength(first)
  const tooLarge = bytes > SMALLEST_LIMIT ? `; some clouds accept only ${SMALLEST_LIMIT}` : ''
  const commands = next.map((line) => `  ${line}\n`).join('')
  return [
    ...(written.length > 0 ? [`Written, with mode 0600: ${written.join(', ')}\n`] : ['\n']),
    ...(commands === '' ? [] : [`Then, with your values for the words in capitals:\n${commands}\n`]),
    `The user data has ${bytes} bytes${tooLarge}.`,
  ].join('')
}

async function networkOf(flags: Flags) {
  const { interfaceOf, networkConfig, networkWarning, readNetwork } = await import('./network.ts')
  const nic = interfaceOf(flags)
  let network: NetworkConfig | undefined
  if (flags.network !== undefined) network = await readNetwork(flags.network)
  else if (nic) network = networkConfig(flags.networkVersion === '1' ? 1 : 2, nic)
  if (network && flags.platform === 'cloud-init')
    throw unusable(
      'cloud-init takes no network configuration from user data',
      'use --platform nocloud, vsphere or proxmox',
    )
  if (flags.network !== undefined && flags.platform === 'ignition')
    throw unusable('--network is for cloud-init, not for ignition', 'use --mac, --address, --gateway and --name-server')
  const warning = network && networkWarning(network)
  if (warning) process.stderr.write(`[!] ${warning}\n`)
  return { network, nic }
}

const machineOf = ({ cpus, memory, diskSize }: Flags): Machine => ({
  ...(cpus !== undefined && { cpus }),
  ...(memory !== undefined && { memoryMib: memory }),
  ...(diskSize !== undefined && { diskGib: diskSize }),
})

const unusable = (found: string, fix: string) => new AgentError('usage/user-data', found, { fix, kind: 'invalid' })
