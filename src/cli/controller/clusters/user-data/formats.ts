import { gzipSync } from 'node:zlib'
import { command } from '../../../../base/command.ts'
import { cloudConfig, yaml } from './cloud-config.ts'
import { ignition } from './ignition.ts'
import type { Interface, NetworkConfig } from './network.ts'
import type { Preparation } from './preparation.ts'

export const FORMATS = ['cloud-init', 'ignition', 'nocloud', 'vsphere', 'proxmox'] as const
export type Format = (typeof FORMATS)[number]

/** Of one machine, for its hypervisor. */
export interface Machine {
  cpus?: number
  memoryMib?: number
  diskGib?: number
}

export interface Given {
  preparation: Preparation
  /** The name of the set of credentials. */
  set: string
  /** Where the files are written, for the commands that use them. */
  directory: string
  network: NetworkConfig | undefined
  /** What `network` was made from, if it was options. */
  nic: Interface | undefined
  machine: Machine
}

export interface Rendered {
  /** By name. The user data is the first one. */
  files: Readonly<Record<string, string>>
  /** Commands that use the files; a person replaces words in capitals. */
  next: readonly string[]
}

export const RENDER: Record<Format, (given: Given) => Rendered> = {
  'cloud-init': ({ preparation }) => ({ files: { 'user-data': cloudConfig(preparation) }, next: [] }),
  ignition: ({ preparation, nic }) => ({ files: { 'config.ign': ignition(preparation, nic) }, next: [] }),
  nocloud,
  vsphere,
  proxmox,
}

/** Whether all of it is one text, which can be printed. */
export const isOneFile = (format: Format): boolean => format === 'cloud-init' || format === 'ignition'

/** The instance-id makes cloud-init run once for these credentials. */
const metaData = ({ set, preparation: { hostname } }: Given) => ({
  'instance-id': `cantrip-${set}`,
  ...(hostname !== undefined && { 'local-hostname': hostname }),
})

function seed(given: Given): Record<string, string> {
  return {
    'user-data': cloudConfig(given.preparation),
    'meta-data': yaml(metaData(given)),
    ...(given.network && { 'network-config': yaml(given.network) }),
  }
}

/** The files of the datasource NoCloud, for a disk or an ISO image with the label cidata. */
function nocloud(given: Given): Rendered {
  const files = seed(given)
  const { cpus, memoryMib, diskGib } = given.machine
  const at = (name: string) => `${given.directory}/${name}`
  const iso = command`genisoimage -output cidata.iso -volid cidata -joliet -rational-rock ${Object.keys(files).map(at)}`
  const size = diskGib === undefined ? '' : `,size=${diskGib}`
  const cloudInit = Object.keys(files).map((name) => `${name}=${at(name)}`)
  const hardware = [
    ...(cpus === undefined ? [] : ['--vcpus', String(cpus)]),
    ...['--memory', memoryMib === undefined ? 'MIB' : String(memoryMib)],
    ...['--disk', `path=DISK.qcow2,backing_store=IMAGE.qcow2${size}`],
  ]
  return {
    files,
    next: [
      iso,
      command`virt-install --name NAME --import ${hardware} --cloud-init ${cloudInit.join(',')} --osinfo detect=on,require=off`,
    ],
  }
}

const packed = (text: string) => gzipSync(text, { level: 9 }).toString('base64')

/** cloud-init removes the secret from the keys when it has read it. */
const CLEANUP = { 'cleanup-guestinfo': ['userdata'] }

/** The keys of the datasource VMware, and for an OVA with the properties of the datasource OVF. */
function vsphere(given: Given): Rendered {
  const { network, directory, machine } = given
  const userData = cloudConfig(given.preparation)
  const metadata = yaml({ ...metaData(given), ...(network && { network }), ...CLEANUP })
  const guestinfo = { 'guestinfo.metadata': packed(metadata), 'guestinfo.userdata': packed(userData) }
  const keys = Object.entries(guestinfo).flatMap(([key, value]) => [
    [key, value],
    [`${key}.encoding`, 'gzip+base64'],
  ])
  const properties = {
    ...metaData(given),
    ...(given.preparation.hostname !== undefined && { hostname: given.preparation.hostname }),
    'user-data': Buffer.from(userData).toString('base64'),
    ...(network && { 'network-config': Buffer.from(yaml({ network })).toString('base64') }),
  }
  const { 'local-hostname': _, ...ovf } = properties as Record<string, string>
  const mapping = Object.entries(ovf).map(([Key, Value]) => ({ Key, Value }))
  const change = Object.keys(guestinfo).flatMap((key) => [
    ...['-f', `${key}=${directory}/${key}`, '-e', `${key}.encoding=gzip+base64`],
  ])
  const hardware = [
    ...(machine.cpus === undefined ? [] : ['-c', String(machine.cpus)]),
    ...(machine.memoryMib === undefined ? [] : ['-m', String(machine.memoryMib)]),
  ]
  return {
    files: {
      'user-data': userData,
      metadata,
      ...guestinfo,
      'guestinfo.vmx': keys.map(([key, value]) => `${key} = "${value}"\n`).join(''),
      'ovf-properties.json': `${JSON.stringify({ PropertyMapping: mapping }, null, 2)}\n`,
    },
    next: [
      command`govc vm.change -vm NAME ${hardware} ${change}`,
      ...(machine.diskGib === undefined ? [] : [command`govc vm.disk.change -vm NAME -size ${machine.diskGib}G`]),
    ],
  }
}

/** Snippets of Proxmox VE, whose names are those of all machines. */
function proxmox(given: Given): Rendered {
  const files = seed(given)
  const snippet = (name: string) => `${given.set}-${name}.yaml`
  const copies = Object.keys(files).map(
    (name) => command`scp ${`${given.directory}/${name}`} ${`root@PROXMOX:/var/lib/vz/snippets/${snippet(name)}`}`,
  )
  const volume = (kind: string, name: string) => (name in files ? [`${kind}=local:snippets/${snippet(name)}`] : [])
  const custom = [
    ...volume('user', 'user-data'),
    ...volume('meta', 'meta-data'),
    ...volume('network', 'network-config'),
  ].join(',')
  const { cpus, memoryMib, diskGib } = given.machine
  const hardware = [
    ...(cpus === undefined ? [] : ['--cores', String(cpus)]),
    ...(memoryMib === undefined ? [] : ['--memory', String(memoryMib)]),
  ]
  return {
    files,
    next: [
      ...copies,
      command`qm set VMID --cicustom ${custom} --ide2 STORAGE:cloudinit ${hardware}`,
      ...(diskGib === undefined ? [] : [command`qm disk resize VMID scsi0 ${diskGib}G`]),
    ],
  }
}
