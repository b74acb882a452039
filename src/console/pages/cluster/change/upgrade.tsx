import { Card, CardBody, CardTitle, Form, FormGroup, Radio, Stack, StackItem } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { answerOf, api } from '../../../data/client.ts'
import { bundlesQuery } from '../../../data/queries.ts'
import { useWhyNot } from '../../../data/session-context.ts'
import { Loaded } from '../../../parts/feedback/loaded.tsx'
import { ErrorAlert } from '../../../parts/feedback/problem-alert.tsx'
import { versionChoices } from '../../../parts/settings/versions.ts'
import { ActionButton } from '../../../parts/values/action-button.tsx'
import type { ClusterTabProps } from '../cluster-tab.ts'
import { useChange } from '../work/use-change.ts'
import { whyNotTo } from './upgrade-choices.ts'
import { UpgradePlanView, upgradePlanQuery, whyNotUpgrade } from './upgrade-plan.tsx'
import { UpgradeState } from './upgrade-state.tsx'

/** The upgrade that goes on, or was the last; and the versions to which the cluster can go. */
export default function Upgrade({ cluster }: ClusterTabProps) {
  const bundles = useQuery(bundlesQuery)
  const [to, choose] = useState<string>()
  const { kubernetesVersion: from, name, project, upgrade } = cluster
  const isActive = upgrade !== null && upgrade.endedAt === null
  return (
    <Stack hasGutter>
      {upgrade && (
        <StackItem>
          <UpgradeState name={name} project={project} upgrade={upgrade} />
        </StackItem>
      )}
      <StackItem>
        <Card>
          <CardTitle component="h2">Upgrade from {from}</CardTitle>
          <CardBody>
            <Loaded query={bundles} what="the bundles">
              {(found) => (
                <Form onSubmit={(event) => event.preventDefault()}>
                  <FormGroup role="radiogroup" label="To" fieldId="upgrade-versions">
                    {versionChoices(found).map(({ version, archs }) => {
                      const whyNot = isActive
                        ? 'An upgrade is going on. Wait until it ends, or cancel it.'
                        : whyNotTo(version, from, archs)
                      return (
                        <Radio
                          key={version}
                          id={`to-${version}`}
                          name="to"
                          label={version}
                          description={whyNot}
                          isDisabled={whyNot !== undefined}
                          isChecked={version === to}
                          onChange={() => choose(version)}
                        />
                      )
                    })}
                  </FormGroup>
                </Form>
              )}
            </Loaded>
            <Start cluster={cluster} to={isActive ? undefined : to} />
          </CardBody>
        </Card>
      </StackItem>
    </Stack>
  )
}

function Start({ cluster: { name, project }, to }: Pick<ClusterTabProps, 'cluster'> & { to: string | undefined }) {
  const plan = useQuery({ ...upgradePlanQuery(name, to ?? ''), enabled: to !== undefined })
  const start = useChange(() =>
    answerOf(api.POST('/v1/clusters/{name}/upgrade', { params: { path: { name } }, body: { to: to ?? '' } })),
  )
  const may = useWhyNot()('operate', project)
  const whyNot = may ?? (to === undefined ? 'Choose a version first.' : whyNotUpgrade(plan.data))
  return (
    <div className="after">
      {to !== undefined && (
        <Loaded query={plan} what="the plan">
          {(found) => <UpgradePlanView plan={found} />}
        </Loaded>
      )}
      {start.isError && <ErrorAlert error={start.error} title="The upgrade did not begin" />}
      <ActionButton whyNot={whyNot} isLoading={start.isPending} onClick={() => start.mutate()} className="after">
        Upgrade
      </ActionButton>
    </div>
  )
}
