import { Button, Checkbox, PageSection, TextInput, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core'
import { useEffect, useState } from 'react'
import type { AuditEntry } from '../../../protocol/audit/entry.ts'
import { saveFile } from '../../data/save-file.ts'
import { useWhyNot } from '../../data/session-context.ts'
import { Loading } from '../../parts/feedback/loading.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { ErrorAlert } from '../../parts/feedback/problem-alert.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { useParameters } from '../../parts/layout/use-parameters.ts'
import type { Column } from '../../parts/table/column.ts'
import { DataTable } from '../../parts/table/data-table.tsx'
import { TableToolbar } from '../../parts/table/table-toolbar.tsx'
import { useTableState } from '../../parts/table/use-table-state.ts'
import { ActionButton } from '../../parts/values/action-button.tsx'
import { counted } from '../../parts/values/formats.ts'
import { StateLabel } from '../../parts/values/state-label.tsx'
import { Time } from '../../parts/values/time.tsx'
import { changesText, outcomeText, targetText, whoText } from './entry-text.ts'
import { useAudit } from './use-audit.ts'

const COLUMNS: readonly Column<AuditEntry>[] = [
  {
    key: 'number',
    title: 'Number',
    text: ({ number }) => `${number}`,
    rank: ({ number }) => number,
    show: ({ number }) => number,
  },
  { key: 'at', title: 'Time', text: ({ at }) => at, show: ({ at }) => <Time at={at} /> },
  { key: 'by', title: 'Who', text: whoText, show: whoText },
  { key: 'action', title: 'Action', text: ({ action }) => action, show: ({ action }) => action },
  { key: 'on', title: 'On', text: targetText, show: targetText },
  {
    key: 'outcome',
    title: 'Outcome',
    text: outcomeText,
    show: (entry) => (
      <>
        <StateLabel state={entry.outcome} /> {outcomeText(entry).slice(entry.outcome.length + 2)}
      </>
    ),
  },
  {
    key: 'changes',
    title: 'Changes',
    text: changesText,
    show: (entry) => (
      <span className="long" title={changesText(entry)}>
        {changesText(entry)}
      </span>
    ),
  },
  {
    key: 'from',
    title: 'From',
    text: ({ address }) => address ?? '',
    show: ({ address }) => address,
    isOptional: true,
  },
  {
    key: 'request',
    title: 'Request',
    text: ({ request }) => request ?? '',
    show: ({ request }) => request,
    isOptional: true,
  },
  {
    key: 'reason',
    title: 'Reason',
    text: ({ reason }) => reason ?? '',
    show: ({ reason }) => reason,
    isOptional: true,
  },
]

/** Who did what. What is searched for is in the address of the page. */
export default function Audit() {
  const may = useWhyNot()
  const whyNot = may('administrate', null)
  return (
    <>
      <Heading title="Audit log">
        Every change and every refused attempt: who, from which address, and the fields before and after.
      </Heading>
      <PageSection>
        {whyNot === undefined ? <Entries /> : <Nothing title="Only administrators see the audit log">{whyNot}</Nothing>}
      </PageSection>
    </>
  )
}

const FIELDS = { who: 'Who', cluster: 'Cluster', node: 'Node' } as const

function Entries() {
  const [params, set] = useParameters()
  const of = (name: keyof typeof FIELDS) => params.get(name) ?? undefined
  const refused = params.get('refused') === '1' ? ('1' as const) : undefined
  const audit = useAudit({ who: of('who'), cluster: of('cluster'), node: of('node'), refused })
  const state = useTableState('-number')
  const { entries, isLoading, isLive, error, loadEarlier } = audit
  const download = () =>
    saveFile(
      'audit.jsonl',
      entries
        .toReversed()
        .map((each) => `${JSON.stringify(each)}\n`)
        .join(''),
    )
  return (
    <>
      <Toolbar>
        <ToolbarContent>
          {Object.entries(FIELDS).map(([name, title]) => (
            <ToolbarItem key={name}>
              <Settled label={title} value={params.get(name) ?? ''} change={(value) => set(name, value)} />
            </ToolbarItem>
          ))}
          <ToolbarItem alignSelf="center">
            <Checkbox
              id="audit-refused"
              label="Only what was refused or failed"
              isChecked={refused === '1'}
              onChange={(_, is) => set('refused', is ? '1' : '')}
            />
          </ToolbarItem>
        </ToolbarContent>
      </Toolbar>
      {error !== undefined && <ErrorAlert error={error} title="The audit log is not complete" />}
      <TableToolbar columns={COLUMNS} state={state} hint="Search in these, e.g. action:approve">
        <ActionButton
          variant="secondary"
          whyNot={entries.length === 0 ? 'No entry is shown.' : undefined}
          onClick={download}
        >
          Download
        </ActionButton>
        {loadEarlier && (
          <Button variant="link" onClick={loadEarlier}>
            Load earlier entries
          </Button>
        )}
      </TableToolbar>
      {isLoading && entries.length === 0 ? (
        <Loading what="the audit log" />
      ) : entries.length === 0 ? (
        <Nothing title="No entries">
          {loadEarlier ? 'Load earlier entries, or ' : 'To find more, '}clear a field above.
        </Nothing>
      ) : (
        <DataTable
          label="Audit log"
          rows={entries}
          keyOf={({ number }) => String(number)}
          columns={COLUMNS}
          state={state}
        />
      )}
      <p role="status" className="after">
        {counted(entries.length, 'entry', 'entries')}
        {isLive ? ', new ones are shown as they come' : ''}
      </p>
    </>
  )
}

const SETTLE_MS = 500

/** A field that is asked with once nobody types in it any more. */
function Settled({ label, value, change }: { label: string; value: string; change: (value: string) => void }) {
  const [typed, type] = useState(value)
  useEffect(() => type(value), [value])
  useEffect(() => {
    if (typed === value) return
    const settling = window.setTimeout(() => change(typed.trim()), SETTLE_MS)
    return () => window.clearTimeout(settling)
  })
  return (
    <TextInput
      aria-label={label}
      placeholder={`${label}: all`}
      value={typed}
      onChange={(_, text) => type(text)}
      autoComplete="off"
    />
  )
}
