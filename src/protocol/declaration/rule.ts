import { isIP } from 'node:net'
import * as z from 'zod/mini'
import { NodeRole } from '../names.ts'
import { NodeLabels } from '../settings/nodes.ts'
import { PATTERN_WANTED, Pattern, stepsOf } from './pattern.ts'

/** One field of the file that is not a setting of the cluster: for the schema, the messages and the editor. */
export interface RuleField {
  readonly schema: z.core.SomeType
  readonly help: string
  /** What a valid value is, with an example. */
  readonly wanted: string
}

const oneOrMore = <T extends z.core.$ZodType>(schema: T) =>
  z.union([schema, z.array(schema).check(z.minLength(1), z.maxLength(1_000))])

const Text = z.string().check(z.regex(/^[^\p{Cc}]{1,255}$/u))
const MachineId = z.string().check(z.regex(/^[0-9a-f]{32}$/))
const Mac = z.string().check(z.regex(/^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$/))
const AddressOrRange = z
  .string()
  .check(
    z.maxLength(50),
    z.regex(/^[0-9a-f.:]+(\/[0-9]{1,3})?$/),
    z.refine(isAddressOrRange, 'no address and no range'),
  )

function isAddressOrRange(text: string): boolean {
  const [address = '', prefix] = text.split('/')
  const version = isIP(address)
  return version !== 0 && (prefix === undefined || Number(prefix) <= (version === 4 ? 32 : 128))
}

/** What identifies a node. Every one that a rule names must match; of a list, one of its values. */
export const MATCH = {
  hostname: { schema: oneOrMore(Pattern), help: 'name of the node, or patterns of names', wanted: PATTERN_WANTED },
  machineId: {
    schema: oneOrMore(MachineId),
    help: 'content of /etc/machine-id',
    wanted: '32 hexadecimal digits in lower case, in quotes',
  },
  serial: {
    schema: oneOrMore(Text),
    help: "the machine's serial number from its firmware",
    wanted: 'the text of /sys/class/dmi/id/product_serial, in quotes if it is a number',
  },
  mac: {
    schema: oneOrMore(Mac),
    help: 'hardware address of one of its interfaces',
    wanted: 'six pairs of hexadecimal digits, e.g. 52:54:00:12:34:56',
  },
  address: {
    schema: oneOrMore(AddressOrRange),
    help: 'one of its addresses, or a range that contains one',
    wanted: 'ADDRESS or ADDRESS/PREFIX, e.g. 10.1.0.0/24',
  },
  label: {
    // Every node has all of no labels.
    schema: NodeLabels.check(z.refine((labels) => Object.keys(labels).length > 0, 'it is empty')),
    help: 'labels that were given to its agent with --label',
    wanted: 'labels KEY: VALUE, e.g. line: a',
  },
} as const satisfies Record<string, RuleField>

export type Criterion = keyof typeof MATCH

type Optional<T extends Readonly<Record<string, RuleField>>> = {
  [name in keyof T]: z.ZodMiniOptional<T[name]['schema']>
}
export const optionalFields = <T extends Readonly<Record<string, RuleField>>>(fields: T): Optional<T> =>
  Object.fromEntries(
    Object.entries<RuleField>(fields).map(([name, { schema }]) => [name, z.optional(schema)]),
  ) as Optional<T>

export const Match = z
  .strictObject(optionalFields(MATCH))
  .check(z.refine((match) => Object.keys(match).length > 0, 'it is empty'))
export type Match = z.infer<typeof Match>

/** What a rule says about the nodes that it matches, beside `match` and `roles`. */
export const RULE = {
  interface: {
    schema: z.string().check(z.minLength(1), z.maxLength(15)),
    help: 'interface for cluster traffic; default: the one with the default route',
    wanted: 'the name of an interface, e.g. eno1',
  },
  disks: {
    schema: z.array(z.string().check(z.maxLength(255))).check(z.maxLength(64)),
    help: 'disks for storage',
    wanted: 'a list of devices, e.g. [/dev/sdb]',
  },
  labels: {
    schema: NodeLabels.check(z.refine((labels) => Object.keys(labels).length <= 50, 'it has more than 50')),
    help: 'labels of Kubernetes for its nodes, which they get when they are configured',
    wanted: 'at most 50 labels KEY: VALUE, e.g. rack: "7"',
  },
  approve: {
    schema: z.enum(['automatically', 'manually']),
    help: 'whether its nodes are approved without a person; default: manually',
    wanted: 'automatically or manually',
  },
  count: {
    schema: z.int().check(z.minimum(1), z.maximum(10_000)),
    help: 'at most so many nodes follow this rule; further ones follow a later rule that matches',
    wanted: 'a number from 1 to 10000',
  },
} as const satisfies Record<string, RuleField>

const Roles = z.array(NodeRole).check(z.minLength(1), z.maxLength(3))
export const ROLES_WANTED = '[master], [worker] or [master, worker]; beside worker also storage'
export const MATCH_WANTED = `at least one of ${Object.keys(MATCH).join(', ')}`

/** How a node is configured. */
export const NodeRule = z.strictObject({ match: Match, roles: Roles, ...optionalFields(RULE) })
export type NodeRule = z.infer<typeof NodeRule>

export const MOST_RULES = 1_000
/** Rules are compared with each node of the cluster, again and again, while all others wait. */
export const MOST_VALUES = 20_000
const MOST_STEPS = 1_000_000

/** Whether a node can be compared with all of these rules in some milliseconds. */
export function areQuick(rules: readonly NodeRule[]): boolean {
  const all = rules.map(({ match }) => match)
  const patterns = all.flatMap(({ hostname }) => hostname ?? [])
  const others = all.flatMap(({ machineId, serial, mac, address }) =>
    [machineId, serial, mac, address].flatMap((each) => each ?? []),
  )
  const steps = patterns.reduce((sum, each) => sum + stepsOf(each), 0)
  return patterns.length + others.length <= MOST_VALUES && steps <= MOST_STEPS
}
