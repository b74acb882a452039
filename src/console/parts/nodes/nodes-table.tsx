import { useMemo, useState } from 'react'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { useWhyNot } from '../../data/session-context.ts'
import type { Column } from '../table/column.ts'
import { DataTable } from '../table/data-table.tsx'
import { TableToolbar } from '../table/table-toolbar.tsx'
import { useTableState } from '../table/use-table-state.ts'
import { ActionButton } from '../values/action-button.tsx'
import { ApproveNodes } from './approve-nodes.tsx'
import { ConfigureNodes } from './configure-nodes.tsx'
import { RemoveNodes } from './remove-nodes.tsx'
import { whyNotAny, whyNotApprove, whyNotConfigure, whyNotRemove } from './why-not.ts'

type Deed = 'approve' | 'configure' | 'remove'

interface NodesTableProps {
  nodes: readonly NodeView[]
  columns: readonly Column<NodeView>[]
  /** Of a cluster, by its name. */
  projectOf: (cluster: string) => string | undefined
}

/** Nodes, and what is done with one or many of them. */
export function NodesTable({ nodes, columns, projectOf }: NodesTableProps) {
  const state = useTableState('name')
  const may = useWhyNot()
  const [selectedIds, select] = useState<ReadonlySet<string>>(new Set())
  const [deed, setDeed] = useState<{ kind: Deed; nodes: readonly NodeView[] }>()
  const selected = useMemo(() => nodes.filter(({ id }) => selectedIds.has(id)), [nodes, selectedIds])
  const close = () => setDeed(undefined)
  const rightTo = (kind: Deed, of: readonly NodeView[]) => {
    // Of a cluster whose project is not known yet, the controller decides.
    const projects = [...new Set(of.map(({ cluster }) => projectOf(cluster) ?? 'any'))]
    const reasons = projects.map((project) => {
      if (kind === 'approve') return may('approve', project)
      const reason = may('operate', project)
      return kind === 'remove' && reason !== undefined ? may('approve', project) : reason
    })
    return reasons.find((reason) => reason !== undefined)
  }
  const tests = { approve: whyNotApprove, configure: whyNotConfigure, remove: whyNotRemove }
  const whyNot = (kind: Deed, of: readonly NodeView[]) => rightTo(kind, of) ?? whyNotAny(of, tests[kind])
  const begin = (kind: Deed, of: readonly NodeView[]) => () =>
    setDeed({ kind, nodes: of.filter((node) => tests[kind](node) === undefined) })
  const count = selected.length === 0 ? '' : ` ${selected.length}`
  return (
    <>
      <TableToolbar columns={columns} state={state} hint="Search, e.g. state:discovered role:worker">
        <ActionButton variant="primary" whyNot={whyNot('approve', selected)} onClick={begin('approve', selected)}>
          Approve{count}
        </ActionButton>
        <ActionButton variant="secondary" whyNot={whyNot('configure', selected)} onClick={begin('configure', selected)}>
          Configure{count}
        </ActionButton>
        <ActionButton variant="secondary" whyNot={whyNot('remove', selected)} onClick={begin('remove', selected)}>
          Remove{count}
        </ActionButton>
      </TableToolbar>
      <DataTable
        label="Nodes"
        rows={nodes}
        keyOf={({ id }) => id}
        columns={columns}
        state={state}
        selection={{ selected: selectedIds, select }}
        actionsOf={(node) => [
          { title: 'Approve', whyNot: whyNot('approve', [node]), onClick: begin('approve', [node]) },
          { title: 'Configure', whyNot: whyNot('configure', [node]), onClick: begin('configure', [node]) },
          { title: 'Remove', isDanger: true, whyNot: whyNot('remove', [node]), onClick: begin('remove', [node]) },
        ]}
      />
      {deed?.kind === 'approve' && <ApproveNodes nodes={deed.nodes} onClose={close} />}
      {deed?.kind === 'configure' && <ConfigureNodes nodes={deed.nodes} onClose={close} />}
      {deed?.kind === 'remove' && <RemoveNodes nodes={deed.nodes} onClose={close} />}
    </>
  )
}
