import '../log/log.css'
import { Button, ExpandableSection } from '@patternfly/react-core'
import { useState } from 'react'
import { Link } from 'react-router'
import { ProblemAlert } from '../feedback/problem-alert.tsx'
import { counted, duration, oneLine } from '../values/formats.ts'
import { Since } from '../values/since.tsx'
import { StateLabel } from '../values/state-label.tsx'
import { Time } from '../values/time.tsx'
import type { RunRecord, RunStep } from './runs.ts'

const FEW = 50

interface RunListProps {
  runs: readonly RunRecord[]
  /** The page with the log of a run. */
  logOf: (run: RunRecord) => string
}

/** Each run with its steps. Those that failed stay, with their error and their log. */
export function RunList({ runs, logOf }: RunListProps) {
  const [most, setMost] = useState(FEW)
  const left = runs.length - most
  return (
    <>
      <ul className="run-list">
        {runs.slice(0, most).map((run) => (
          <li key={run.id}>
            <Run run={run} log={logOf(run)} />
          </li>
        ))}
      </ul>
      {left > 0 && (
        <Button variant="link" onClick={() => setMost(most + FEW)}>
          Show {counted(Math.min(FEW, left), 'earlier run')}
        </Button>
      )}
    </>
  )
}

function Run({ run, log }: { run: RunRecord; log: string }) {
  const { id, node, role, startedAt, endedAt, outcome, steps, error } = run
  const [isOpen, setOpen] = useState(outcome === 'running' || outcome === 'failed')
  const done = steps.filter(({ state }) => state === 'done' || state === 'skipped').length
  const title = `${role || 'run'}${node ? ` on ${node.name}` : ''}`
  return (
    <>
      <div className="run-head">
        <StateLabel state={outcome} />
        <strong>
          {role || 'run'}
          {node && ' on '}
          {node && <Link to={`/nodes/${node.id}`}>{node.name}</Link>}
        </strong>
        <Time at={startedAt} />
        <Since from={startedAt} to={endedAt} />
        <Link to={log} aria-label={`Log of ${title}, ${id}`}>
          Log
        </Link>
      </div>
      {error && <ProblemAlert problem={error} />}
      <ExpandableSection
        toggleText={`${done} of ${counted(steps.length, 'step')}`}
        isExpanded={isOpen}
        onToggle={(_, is) => setOpen(is)}
      >
        <ol className="step-list">
          {steps.map((step) => (
            <Step key={step.id} step={step} />
          ))}
        </ol>
      </ExpandableSection>
    </>
  )
}

function Step({ step: { title, state, startedAt, ms, because, error } }: { step: RunStep }) {
  return (
    <li>
      <StateLabel state={state} />
      <span className="title">{title}</span>
      {ms !== undefined && <span className="number">{duration(ms)}</span>}
      {state === 'running' && startedAt !== undefined && <Since from={startedAt} to={null} />}
      {because !== undefined && <span className="because">{oneLine(because)}</span>}
      {error && <span className="because">{oneLine(error.message)}</span>}
    </li>
  )
}
