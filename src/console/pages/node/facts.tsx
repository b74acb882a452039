import { Card, CardBody, CardTitle, DescriptionList } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import type { NodeDetail } from '../../../protocol/api/nodes.ts'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { Fact } from '../../parts/values/fact.tsx'
import { bytes, counted } from '../../parts/values/formats.ts'
import { StateLabel } from '../../parts/values/state-label.tsx'

/** What the agent reports about its machine. */
export function FactsOf({ node }: { node: NodeDetail }) {
  const { facts } = node
  if (facts === null) {
    return (
      <Nothing title="Nothing is known of the machine yet">
        {node.state === 'DISCOVERED'
          ? 'Its agent reports disks, interfaces and memory when the node is approved.'
          : 'Its agent reports disks, interfaces and memory when it connects.'}
      </Nothing>
    )
  }
  return (
    <>
      <Card>
        <CardTitle component="h2">Machine</CardTitle>
        <CardBody>
          <DescriptionList isCompact columnModifier={{ default: '1Col', md: '2Col', xl: '3Col' }}>
            <Fact term="Host name">{facts.hostname}</Fact>
            <Fact term="Operating system">{facts.os.prettyName}</Fact>
            <Fact term="Kernel">
              {facts.os.kernel}, {facts.os.arch}
            </Fact>
            <Fact term="Processor">
              {facts.cpu.model}, {counted(facts.cpu.cores, 'core')}
            </Fact>
            <Fact term="Memory">{bytes(facts.memoryBytes)}</Fact>
            <Fact term="Serial number">{facts.serial ?? 'The firmware has none'}</Fact>
            <Fact term="Agent">{facts.agentVersion}</Fact>
            <Fact term="Way to the controller">
              {facts.proxy ? (facts.proxy.url ?? 'connections are intercepted') : 'direct'}
            </Fact>
            {Object.entries(facts.labels ?? {}).map(([key, value]) => (
              <Fact key={key} term={`Label ${key}`}>
                {value}
              </Fact>
            ))}
          </DescriptionList>
        </CardBody>
      </Card>
      <Card>
        <CardTitle component="h2">Disks</CardTitle>
        <CardBody>
          <Disks disks={facts.disks} chosen={node.disks} />
        </CardBody>
      </Card>
      <Card>
        <CardTitle component="h2">Interfaces</CardTitle>
        <CardBody>
          <Interfaces interfaces={facts.interfaces} chosen={node.interface} />
        </CardBody>
      </Card>
    </>
  )
}

type Known = NonNullable<NodeDetail['facts']>

function Disks({ disks, chosen }: { disks: Known['disks']; chosen: readonly string[] }) {
  return (
    <Table variant="compact" aria-label="Disks">
      <Thead>
        <Tr>
          <Th>Device</Th>
          <Th>Size</Th>
          <Th>Model</Th>
          <Th>For storage</Th>
        </Tr>
      </Thead>
      <Tbody>
        {disks.map(({ device, sizeBytes, model, rotational, usableForStorage, reason }) => (
          <Tr key={device}>
            <Td dataLabel="Device">
              <code>{device}</code> {chosen.includes(device) && <StateLabel state="chosen" />}
            </Td>
            <Td dataLabel="Size">{bytes(sizeBytes)}</Td>
            <Td dataLabel="Model">{[model, rotational ? 'rotates' : 'solid state'].filter(Boolean).join(', ')}</Td>
            <Td dataLabel="For storage">{usableForStorage ? 'can be used' : `cannot be used: ${reason}`}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  )
}

function Interfaces({ interfaces, chosen }: { interfaces: Known['interfaces']; chosen: string | null }) {
  return (
    <Table variant="compact" aria-label="Interfaces">
      <Thead>
        <Tr>
          <Th>Name</Th>
          <Th>Addresses</Th>
          <Th>MAC</Th>
          <Th>MTU</Th>
          <Th>Speed</Th>
        </Tr>
      </Thead>
      <Tbody>
        {interfaces.map(({ name, addresses, mac, mtu, speedMbps, defaultRoute }) => (
          <Tr key={name}>
            <Td dataLabel="Name">
              {name} {defaultRoute && <StateLabel state="default route" />}{' '}
              {chosen === name && <StateLabel state="cluster traffic" />}
            </Td>
            <Td dataLabel="Addresses" className="fingerprint">
              {addresses.map(({ address, prefix }) => `${address}/${prefix}`).join(', ') || 'none'}
            </Td>
            <Td dataLabel="MAC" className="fingerprint">
              {mac}
            </Td>
            <Td dataLabel="MTU">{mtu}</Td>
            <Td dataLabel="Speed">{speedMbps === null ? 'not known' : `${speedMbps} Mbit/s`}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  )
}
