import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import type { PairFinding, PairReport } from '../../../../protocol/api/pair-report.ts'
import { answerOf, api } from '../../../data/client.ts'
import { useWhyNot } from '../../../data/session-context.ts'
import { Nothing } from '../../../parts/feedback/nothing.tsx'
import { ErrorAlert, ProblemAlert } from '../../../parts/feedback/problem-alert.tsx'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import { duration } from '../../../parts/values/formats.ts'
import { Time } from '../../../parts/values/time.tsx'
import type { ClusterTabProps } from '../cluster-tab.ts'
import { Matrix } from '../work/matrix.tsx'
import { titleOf } from '../work/matrix-of.ts'
import { useChange } from '../work/use-change.ts'

/** More rows and columns do not fit; the findings say it for any number of nodes. */
const MOST_SHOWN = 40

/** The check of the connections between the nodes. */
export default function Pairs({ cluster: { name, project, pairs }, nodes }: ClusterTabProps) {
  const check = useChange(() => answerOf(api.POST('/v1/clusters/{name}/precheck', { params: { path: { name } } })))
  const connected = nodes.filter((node) => node.connected)
  const few =
    connected.length < 2 ? 'At least two connected nodes are needed. Add nodes, or wait until they connect.' : undefined
  const shown = nodes.filter(({ state }) => state !== 'DISCOVERED').toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return (
    <>
      <ActionButton
        whyNot={useWhyNot()('operate', project) ?? few}
        isLoading={check.isPending}
        onClick={() => check.mutate()}
      >
        {check.isPending ? 'Checking, up to two minutes' : 'Check now'}
      </ActionButton>
      {check.isError && <ErrorAlert error={check.error} title="The connections were not checked" />}
      {pairs === null ? (
        <Nothing title="Not checked yet">
          The check tries ports, latency, clocks and packet sizes between the nodes.
        </Nothing>
      ) : (
        <>
          <Summary report={pairs} />
          {shown.length <= MOST_SHOWN && <Matrix report={pairs} nodes={shown} />}
          {pairs.findings.map((finding) => (
            <Finding key={`${finding.kind} ${finding.from} ${finding.to} ${finding.port}`} finding={finding} />
          ))}
        </>
      )}
    </>
  )
}

function Summary({ report: { at, ms, pairs, nodes, latency, clockSpreadMs } }: { report: PairReport }) {
  const sampled = pairs.checked < pairs.of ? `, a sample of ${pairs.of}` : ''
  const rows = [
    ['Checked', <Time key="at" at={at} />],
    ['Took', duration(ms)],
    ['Pairs', `${pairs.fine} of ${pairs.checked} fine (${nodes} nodes${sampled})`],
    [
      'Round trips',
      latency === null ? 'not measured' : `${latency.medianMs.toFixed(2)} ms, slowest ${latency.p99Ms.toFixed(2)} ms`,
    ],
    ['Clocks', clockSpreadMs === null ? 'not measured' : `within ${clockSpreadMs.toFixed(1)} ms`],
  ] as const
  return (
    <DescriptionList isCompact columnModifier={{ default: '1Col', md: '2Col', xl: '3Col' }} className="after">
      {rows.map(([title, value]) => (
        <DescriptionListGroup key={title}>
          <DescriptionListTerm>{title}</DescriptionListTerm>
          <DescriptionListDescription>{value}</DescriptionListDescription>
        </DescriptionListGroup>
      ))}
    </DescriptionList>
  )
}

const VARIANTS = { fail: 'danger', warn: 'warning', skipped: 'info' } as const

function Finding({ finding }: { finding: PairFinding }) {
  const { kind, verdict, found, wanted, fix, on } = finding
  return (
    <div className="after">
      <ProblemAlert
        variant={VARIANTS[verdict]}
        title={titleOf(finding)}
        problem={{
          code: `pair/${kind}`,
          message: `found ${found}; wanted ${wanted}`,
          fix: on === null ? fix : `on ${on}: ${fix}`,
        }}
      />
    </div>
  )
}
