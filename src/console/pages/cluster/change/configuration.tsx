import { Card, CardBody, CardTitle, Flex, FormGroup, Stack, StackItem, TextArea } from '@patternfly/react-core'
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { parse, stringify } from 'yaml'
import type { SettingsPlan } from '../../../../protocol/api/clusters/settings.ts'
import { answerOf, api } from '../../../data/client.ts'
import { saveFile } from '../../../data/save-file.ts'
import { useWhyNot } from '../../../data/session-context.ts'
import { Loaded } from '../../../parts/feedback/loaded.tsx'
import { ErrorAlert, ProblemAlert } from '../../../parts/feedback/problem-alert.tsx'
import { FieldHelp } from '../../../parts/settings/setting-field.tsx'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import { CopyText } from '../../../parts/values/copy-text.tsx'
import type { ClusterTabProps } from '../cluster-tab.ts'
import { useChange } from '../work/use-change.ts'
import { SettingsPlanView } from './settings-plan.tsx'
import { diffOf, isMapping, patchBetween } from './yaml-diff.ts'

const declarationQuery = (name: string, revision: string) =>
  queryOptions({
    queryKey: ['declaration', name, revision],
    queryFn: () => answerOf(api.GET('/v1/clusters/{name}/declaration', { params: { path: { name } } })),
  })

/** The settings as YAML, which can be changed, and the cluster as a file for `controller apply`. */
export default function Configuration({ cluster }: ClusterTabProps) {
  const { name, revision } = cluster
  const declaration = useQuery(declarationQuery(name, revision))
  return (
    <Stack hasGutter>
      <StackItem>
        <Editor cluster={cluster} />
      </StackItem>
      <StackItem>
        <Card>
          <CardTitle component="h2">As a declaration</CardTitle>
          <CardBody className="yaml">
            <p>Applied with controller apply, it changes nothing. Keep it with your other files.</p>
            <Loaded query={declaration} what="the declaration">
              {(found) => (
                <>
                  <ActionButton variant="secondary" onClick={() => saveFile(`${name}.yaml`, stringify(found))}>
                    Download {name}.yaml
                  </ActionButton>
                  <div className="after">
                    <CopyText label="the declaration" text={stringify(found)} isBlock />
                  </div>
                </>
              )}
            </Loaded>
          </CardBody>
        </Card>
      </StackItem>
    </Stack>
  )
}

/** What is typed, as settings; or why it is none. */
function parsed(text: string): { settings: Record<string, unknown> } | { problem: string } {
  try {
    const value: unknown = parse(text) ?? {}
    return isMapping(value) ? { settings: value } : { problem: 'Wanted a mapping, e.g. location: hall 3' }
  } catch (error) {
    return { problem: `This is no YAML: ${error instanceof Error ? error.message.split('\n')[0] : error}` }
  }
}

function Editor({ cluster: { name, project, settings, revision } }: Pick<ClusterTabProps, 'cluster'>) {
  const applied = useMemo(() => stringify(settings), [settings])
  const [typed, type] = useState<string>()
  const text = typed ?? applied
  const read = useMemo(() => parsed(text), [text])
  const patch = 'settings' in read ? patchBetween(settings, read.settings) : {}
  const isChanged = Object.keys(patch).length > 0
  const params = { path: { name } }
  const check = useMutation({
    mutationFn: (checked: string) =>
      answerOf(
        api.POST('/v1/clusters/{name}/settings', {
          params: { ...params, query: { dryRun: '1' } },
          body: { settings: patch },
        }),
      ).then((plan) => ({ plan, checked: `${revision} ${checked}` })),
  })
  const change = useChange(
    () =>
      answerOf(
        api.POST('/v1/clusters/{name}/settings', {
          params,
          body: { settings: patch },
          headers: { 'if-match': `"${revision}"` },
        }),
      ),
    () => {
      type(undefined)
      check.reset()
    },
  )
  const may = useWhyNot()('operate', project)
  const problem = 'problem' in read ? read.problem : undefined
  const whyNotCheck = may ?? problem ?? (isChanged ? undefined : 'Nothing is changed yet. Edit the settings first.')
  const plan = check.data?.checked === `${revision} ${text}` ? check.data.plan : undefined
  return (
    <Card>
      <CardTitle component="h2">Settings</CardTitle>
      <CardBody className="yaml">
        <FormGroup label="Settings as YAML" fieldId="settings-yaml">
          <TextArea
            id="settings-yaml"
            value={text}
            aria-describedby="settings-yaml-help"
            resizeOrientation="vertical"
            autoResize
            spellCheck={false}
            readOnlyVariant={may === undefined ? undefined : 'default'}
            validated={problem === undefined ? 'default' : 'error'}
            onChange={(_, next) => type(next)}
          />
          <FieldHelp id="settings-yaml-help" problem={problem}>
            {may ?? 'Edit them, check what would restart, and apply them.'}
          </FieldHelp>
        </FormGroup>
        {isChanged && <Diff before={applied} after={text} />}
        <Flex className="after">
          <ActionButton
            variant="secondary"
            whyNot={whyNotCheck}
            isLoading={check.isPending}
            onClick={() => check.mutate(text)}
          >
            Check the changes
          </ActionButton>
          <ActionButton
            whyNot={whyNotCheck ?? whyNotApply(plan)}
            isLoading={change.isPending}
            onClick={() => change.mutate()}
          >
            Apply
          </ActionButton>
          <ActionButton
            variant="link"
            whyNot={typed === undefined ? 'Nothing is changed yet.' : undefined}
            onClick={() => type(undefined)}
          >
            Discard
          </ActionButton>
        </Flex>
        {check.isError && <ErrorAlert error={check.error} title="The changes are refused" />}
        {change.isError && <ErrorAlert error={change.error} title="The changes were not applied" />}
        {plan?.problems.map((each) => (
          <ProblemAlert key={each.code + each.message} problem={each} />
        ))}
        {plan && <SettingsPlanView plan={plan} />}
      </CardBody>
    </Card>
  )
}

function whyNotApply(plan: SettingsPlan | undefined): string | undefined {
  if (plan === undefined) return 'Check the changes first.'
  const [problem] = plan.problems
  return problem && `${problem.message}. ${problem.fix}`
}

const SIGNS = { same: ' ', added: '+', removed: '-' }

function Diff({ before, after }: { before: string; after: string }) {
  const lines = diffOf(before, after).map((line, number) => ({ ...line, number }))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached with the keyboard.
    <section className="diff after" aria-label="Differences to what is applied" tabIndex={0}>
      {lines.map(({ number, kind, text }) => (
        <span key={number} className={kind}>
          {SIGNS[kind]} {text}
        </span>
      ))}
    </section>
  )
}
