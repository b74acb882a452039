import './join.css'
import { Alert, Form, FormGroup, FormSelect, FormSelectOption, TextInput } from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { joinScript } from '../../../cli/controller/clusters/join/join-script.ts'
import { type IssuedJoin, issuedJoin } from '../../data/credentials/credentials.ts'
import { useWhyNot } from '../../data/session-context.ts'
import { ErrorAlert } from '../feedback/problem-alert.tsx'
import { ActionButton } from '../values/action-button.tsx'
import { CopyText } from '../values/copy-text.tsx'
import { counted } from '../values/formats.ts'
import { Time } from '../values/time.tsx'

const HOUR = 3_600
const LIVES = [
  { seconds: HOUR, title: '1 hour' },
  { seconds: 24 * HOUR, title: '1 day' },
  { seconds: 7 * 24 * HOUR, title: '7 days' },
] as const
const MOST_NODES = 100_000

/** One command that makes a machine a node; it fetches the agent and the credentials. */
export function JoinCommand({ cluster, project }: { cluster: string; project: string }) {
  const [count, setCount] = useState('1')
  const [seconds, setSeconds] = useState<number>(24 * HOUR)
  const whyNot = useWhyNot()('administrate', project)
  const maxNodes = /^\d{1,6}$/.test(count) ? Number(count) : 0
  const isWrong = maxNodes < 1 || maxNodes > MOST_NODES
  const issue = useMutation({ mutationFn: () => issuedJoin(cluster, { validSeconds: seconds, maxNodes }) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (whyNot === undefined && !isWrong && !issue.isPending) issue.mutate()
  }
  return (
    <>
      <Form onSubmit={submit} className="join-form">
        <FormGroup label="For how many nodes" fieldId="join-count">
          <TextInput
            id="join-count"
            inputMode="numeric"
            value={count}
            validated={isWrong ? 'error' : 'default'}
            onChange={(_, text) => setCount(text)}
          />
        </FormGroup>
        <FormGroup label="Valid for" fieldId="join-life">
          <FormSelect id="join-life" value={seconds} onChange={(_, value) => setSeconds(Number(value))}>
            {LIVES.map((each) => (
              <FormSelectOption key={each.seconds} value={each.seconds} label={each.title} />
            ))}
          </FormSelect>
        </FormGroup>
        <ActionButton
          variant="secondary"
          isLoading={issue.isPending}
          whyNot={whyNot ?? (isWrong ? `Type a number of nodes from 1 to ${MOST_NODES}.` : undefined)}
          onClick={() => issue.mutate()}
        >
          Create a command
        </ActionButton>
      </Form>
      {issue.isError && <ErrorAlert error={issue.error} title="No command was created" />}
      {issue.data && <Command issued={issue.data} />}
    </>
  )
}

const EACH = 'each'

function Command({ issued }: { issued: IssuedJoin }) {
  const [arch, setArch] = useState<string>(EACH)
  const { name, maxNodes, fetchableUntil } = issued.credentials
  const agents = arch === EACH ? issued.agents : issued.agents.filter((agent) => agent.arch === arch)
  const text = joinScript({ ...issued, agents, proxy: undefined })
  return (
    <div className="after">
      <FormGroup label="For machines of the architecture" fieldId="join-arch" className="join-arch">
        <FormSelect id="join-arch" value={arch} onChange={(_, value) => setArch(value)}>
          <FormSelectOption value={EACH} label={`Any: ${issued.agents.map((agent) => agent.arch).join(' or ')}`} />
          {issued.agents.map((agent) => (
            <FormSelectOption key={agent.arch} value={agent.arch} label={agent.arch} />
          ))}
        </FormSelect>
      </FormGroup>
      <CopyText label="the command for the machine" text={text} isBlock />
      <Alert
        isInline
        component="p"
        isPlain
        variant="warning"
        title="The command is a secret, and is shown once"
        className="after"
      >
        Paste it into a shell of the machine. It is for {counted(maxNodes ?? 1, 'node')}, until{' '}
        <Time at={fetchableUntil} />. Revoke its credentials, {name}, if others have seen it.
      </Alert>
    </div>
  )
}
