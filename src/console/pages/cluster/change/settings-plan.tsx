import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import type { SettingsPlan } from '../../../../protocol/api/clusters/settings.ts'

const HOW = {
  live: 'at once, nothing restarts',
  rolling: 'on one node after another',
  'control-plane': 'on one master after another',
  'add-on': 'in the cluster, after the nodes',
  never: 'not at all on a running cluster',
}

/** What the changes of settings do. */
export function SettingsPlanView({ plan: { changes, nodes, addOns } }: { plan: SettingsPlan }) {
  return (
    <div className="after wide">
      <Table variant="compact" aria-label="Changes" gridBreakPoint="">
        <Thead>
          <Tr>
            <Th>Setting</Th>
            <Th>Changes</Th>
          </Tr>
        </Thead>
        <Tbody>
          {changes.map((change) => (
            <Tr key={change.name}>
              <Td>{change.name}</Td>
              <Td>{HOW[change.class]}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
      {nodes.length > 0 && (
        <Table variant="compact" aria-label="What restarts on which node" gridBreakPoint="">
          <Thead>
            <Tr>
              <Th>Node</Th>
              <Th>Role</Th>
              <Th>Wave</Th>
              <Th>Restarts</Th>
            </Tr>
          </Thead>
          <Tbody>
            {nodes.map(({ name, role, wave, restarts }) => (
              <Tr key={name}>
                <Td>{name}</Td>
                <Td>{role}</Td>
                <Td>{wave === 0 ? 'masters, one by one' : wave}</Td>
                <Td>{restarts.join(', ') || 'nothing'}</Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      {addOns && <p>Afterwards, pods of add-ons are replaced.</p>}
    </div>
  )
}
