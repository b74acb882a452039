import type { Cni, NodeRole } from '../../../../protocol/names.ts'
import { firewallRules } from './firewall.ts'
import { NAME_FROM_SERIAL } from './serial-name.ts'

/** How a new machine gets its credentials. */
export type Entry =
  /** It downloads the agent. */
  | { kind: 'join'; script: string }
  /** The agent of its image reads them. */
  | { kind: 'baked'; set: string; credentials: string; passphrase: string }

export interface Wishes {
  entry: Entry
  hostname: string | undefined
  isNamedBySerial: boolean
  ntp: readonly string[]
  /** Undefined: no firewall. */
  firewall: { roles: readonly NodeRole[]; cni: Cni } | undefined
}

export interface PreparedFile {
  path: string
  mode: 0o600 | 0o644
  content: string
}

export interface PreparedUnit {
  name: string
  content: string
}

/** What a new machine does when it boots for the first time; each format writes it in its own form. */
export interface Preparation {
  files: readonly PreparedFile[]
  /** As root, in this order, when the files exist. None of them keeps the next one from running. */
  commands: readonly (readonly string[])[]
  /** They are enabled and started after the commands. */
  units: readonly PreparedUnit[]
  /** As `commands`, after the units were started. */
  last: readonly (readonly string[])[]
  hostname: string | undefined
  isNamedBySerial: boolean
  ntp: readonly string[]
}

/** The directory that the agent of an image watches. */
const DAY_ZERO = '/etc/cantrip-day0'
const JOIN_SCRIPT = `${DAY_ZERO}/join.sh`
const NAME_SCRIPT = `${DAY_ZERO}/hostname.sh`
const FIREWALL = '/etc/cantrip-firewall.nft'

export function prepare({ entry, hostname, isNamedBySerial, ntp, firewall }: Wishes): Preparation {
  const joining = entry.kind === 'join' ? joinParts(entry) : bakedParts(entry)
  return {
    files: [
      ...(isNamedBySerial ? [{ path: NAME_SCRIPT, mode: 0o600, content: NAME_FROM_SERIAL } as const] : []),
      ...(firewall ? [{ path: FIREWALL, mode: 0o600, content: firewallRules(firewall) } as const] : []),
      ...joining.files,
    ],
    commands: [...(isNamedBySerial ? [['sh', NAME_SCRIPT]] : []), ...WITHOUT_SWAP],
    units: [...(firewall ? [FIREWALL_UNIT] : []), ...joining.units],
    last: joining.last,
    ...{ hostname, isNamedBySerial, ntp },
  }
}

/** This target pulls in all swap that systemd turns on by itself: zram-generator, swap partitions, .swap units. */
const WITHOUT_SWAP = [
  ['swapoff', '-a'],
  ['sed', '-i', '-E', String.raw`s/^\s*[^#[:space:]]\S*\s+\S+\s+swap\s/#&/`, '/etc/fstab'],
  ['systemctl', 'mask', 'swap.target'],
]

type JoinParts = Pick<Preparation, 'files' | 'units' | 'last'>

function joinParts({ script }: Entry & { kind: 'join' }): JoinParts {
  return { files: [{ path: JOIN_SCRIPT, mode: 0o600, content: script }], units: [JOIN_UNIT], last: [] }
}

/** The agent begins as soon as it sees NAME.pem, so that file gets its name when all others exist and the machine has its name. */
function bakedParts({ set, credentials, passphrase }: Entry & { kind: 'baked' }): JoinParts {
  const pem = `${DAY_ZERO}/${set}.pem`
  return {
    files: [
      { path: `${DAY_ZERO}/${set}-passphrase.txt`, mode: 0o600, content: `${passphrase}\n` },
      { path: `${pem}.new`, mode: 0o600, content: credentials },
    ],
    units: [],
    last: [['mv', `${pem}.new`, pem]],
  }
}

/**
 * Runs until the machine is a node: a controller that cannot be reached, a failed download and the like can pass. What the agent
 * does not accept (2), a machine that is unfit (3) or refused (7) stays so until a person changes something; it tries again when it boots.
 */
const JOIN_UNIT: PreparedUnit = {
  name: 'cantrip-join.service',
  content: `[Unit]
Description=Make this machine a node of a Kubernetes cluster
Wants=network-online.target
After=network-online.target cantrip-firewall.service
ConditionPathExists=${JOIN_SCRIPT}
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/bin/sh ${JOIN_SCRIPT}
ExecStartPost=/bin/rm -f ${JOIN_SCRIPT}
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=2 3 7

[Install]
WantedBy=multi-user.target
`,
}

const FIREWALL_UNIT: PreparedUnit = {
  name: 'cantrip-firewall.service',
  content: `[Unit]
Description=Packet filter of a Kubernetes node
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target shutdown.target
After=local-fs.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/env nft -f ${FIREWALL}
ExecReload=/usr/bin/env nft -f ${FIREWALL}

[Install]
WantedBy=sysinit.target
`,
}
