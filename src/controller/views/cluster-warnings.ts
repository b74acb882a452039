import { mayBePodLink } from '../../base/kubernetes-names.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { CheckSummary } from '../../protocol/wire/check-summary.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import { type ClusterData, present } from '../domain/draft.ts'
import { currentAlarms } from '../domain/problems/alarms.ts'
import { movedAddress, movedText } from '../domain/problems/moved-address.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { isInSubnet } from '../domain/settings/subnets.ts'
import type { HasClock, HasPresence, HasStore } from '../ports.ts'

/** Checks that need more than the machine itself: other nodes, and the cluster's settings. */
export function clusterWarnings(
  ports: Pick<HasClock, 'now'>,
  data: Pick<ClusterData, 'cluster' | 'nodes'>,
  node: Node,
): CheckSummary[] {
  if (node.state === 'REMOVED') return []
  const others = present(data).filter(({ id }) => id !== node.id)
  return [
    ...sameName(node, others),
    ...sameIdentity(node, others),
    ...inSubnets(node, data.cluster),
    ...moved(node),
    ...misused(ports, node),
  ]
}

/** The configuration, the certificates and other nodes use an address that the machine no longer has. */
function moved(node: Node): CheckSummary[] {
  const change = movedAddress(node)
  if (change === undefined) return []
  return [
    {
      id: 'address',
      verdict: 'warn',
      found: movedText(node, change),
      wanted: 'a permanent address: Kubernetes, etcd and their certificates use it',
      fix: remedy`assign ${change.was} to the machine again, and reserve it in DHCP; for another address: ${{ do: 'node.remove', node: node.name }}, then install the agent again`
        .fix,
    },
  ]
}

/** Somebody else has a key of the node. */
function misused({ now }: Pick<HasClock, 'now'>, node: Node): CheckSummary[] {
  return currentAlarms(node, now()).map(({ message, fix, at }) => ({
    id: 'identity',
    verdict: 'warn',
    found: `${message} (last at ${at})`,
    wanted: 'a key of its own for each machine',
    fix,
  }))
}

/** Another machine that is connected with this name. */
export async function holderOfName(
  { store, presence }: HasStore & HasPresence,
  clusterId: string,
  name: string,
  machineId: string,
): Promise<string | null> {
  const namesakes = present({ nodes: await store.nodesOf(clusterId) }).filter((node) => node.name === name)
  const other = namesakes.find(({ id, facts }) => presence.isConnected(id) && facts?.machineId !== machineId)
  return other === undefined ? null : show([other])
}

function sameName(node: Node, others: readonly Node[]): CheckSummary[] {
  const namesakes = others.filter(({ name }) => name === node.name)
  if (namesakes.length === 0) return []
  return [
    {
      id: 'hostname',
      verdict: 'warn',
      found: `${node.name} is also the name of ${show(namesakes)}`,
      wanted: 'a unique name for each node',
      fix: remedy`install one of them with --hostname NAME, or remove the one that no longer exists: ${{ do: 'node.remove', force: true }}; if this machine takes its place: ${{ do: 'node.approve', node: node.id, replace: 'NODE' }}`
        .fix,
    },
  ]
}

/** Identities that clones of one image share; one finding for each kind, with all nodes that have it. */
function sameIdentity(node: Node, others: readonly Node[]): CheckSummary[] {
  const own = identityOf(node.facts)
  const found = own.flatMap(({ kind, value }) => {
    const sharing = others.filter(({ facts }) =>
      identityOf(facts).some((its) => its.kind === kind && its.value === value),
    )
    return sharing.length === 0 ? [] : [`${kind} ${value} is also that of ${show(sharing)}`]
  })
  if (found.length === 0) return []
  return [
    {
      id: 'identity',
      verdict: 'warn',
      found: found.join('; '),
      wanted: 'an identity of its own for each machine',
      fix: 'on the clone: rm -f /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup; then reboot. Change the MAC address and the product_uuid in the settings of the virtual machine',
    },
  ]
}

function identityOf(facts: Facts | null): { kind: string; value: string }[] {
  if (facts === null) return []
  const physical = facts.interfaces.filter(({ name }) => !isOfCluster(name))
  return [
    { kind: 'machine-id', value: facts.machineId },
    { kind: 'product_uuid', value: facts.productUuid ?? '' },
    ...physical.filter(({ defaultRoute }) => defaultRoute).map(({ mac }) => ({ kind: 'MAC address', value: mac })),
  ].filter(({ value }) => /[1-9a-f]/i.test(value))
}

/** Interfaces that Kubernetes or Docker creates: their addresses are in the cluster's subnets, and alike on all nodes. */
const isOfCluster = (name: string) => mayBePodLink(name) || /^docker\d/.test(name)

function inSubnets(node: Node, { settings }: Cluster): CheckSummary[] {
  const interfaces = node.facts?.interfaces.filter(({ name }) => !isOfCluster(name)) ?? []
  const addresses = interfaces.flatMap((each) => each.addresses.map(({ address }) => address))
  const subnets = [
    { name: 'pod subnet', cidr: settings.podSubnet },
    { name: 'service subnet', cidr: settings.serviceSubnet },
  ]
  const found = subnets.flatMap(({ name, cidr }) =>
    addresses.filter((address) => isInSubnet(address, cidr)).map((address) => `${address} is in the ${name} ${cidr}`),
  )
  if (found.length === 0) return []
  return [
    {
      id: 'subnets',
      verdict: 'warn',
      found: found.join('; '),
      wanted: 'node addresses outside the subnets of pods and services',
      fix: remedy`create another cluster with other subnets: ${{ do: 'cluster.create', choose: ['pod-subnet', 'service-subnet'] }}`
        .fix,
    },
  ]
}

function show(nodes: readonly Node[]): string {
  return nodes.map(({ id, name }) => `${name} (${id})`).join(', ')
}
