import './create.css'
import { PageSection, useWizardContext, Wizard, WizardFooterWrapper, WizardStep } from '@patternfly/react-core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useNavigate } from 'react-router'
import { DEFAULT_PROJECT } from '../../../protocol/api/access.ts'
import { answerOf, api } from '../../data/client.ts'
import { filesOf } from '../../data/credentials/credentials.ts'
import { newInstallerKey } from '../../data/credentials/installer-key.ts'
import { bundlesQuery, clustersQuery, nodesQuery } from '../../data/queries.ts'
import { useSession, useWhyNot } from '../../data/session-context.ts'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { ErrorAlert } from '../../parts/feedback/problem-alert.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { settingsOf } from '../../parts/settings/drafts.ts'
import { whyNotVersion } from '../../parts/settings/versions.ts'
import { ActionButton } from '../../parts/values/action-button.tsx'
import { Created } from './created.tsx'
import { Review } from './review.tsx'
import { NameStep, SettingsStep, ShapeStep, VersionStep } from './steps.tsx'
import { draftIn, NETWORK, OTHERS, problemsIn, type Wishes } from './wishes.ts'

/** Settings with defaults, checked while they are typed; at the end, how machines become nodes. */
export default function Create() {
  const { identity } = useSession()
  const whyNot = useWhyNot()
  const queries = useQueryClient()
  const leave = useNavigate()
  const clusters = useQuery(clustersQuery)
  const nodes = useQuery(nodesQuery())
  const bundles = useQuery(bundlesQuery)
  const [wishes, change] = useState<Wishes>(() => ({
    ...{ name: '', project: firstProject(identity.grants), shape: 'single', drafts: {} },
  }))
  const creation = useMutation({
    mutationFn: async ({ name, project, drafts }: Wishes) => {
      const key = await newInstallerKey()
      const body = { name, project, settings: settingsOf(drafts), csr: key.csr }
      const { installer } = await answerOf(api.POST('/v1/clusters', { body }))
      return { name, project, files: filesOf(name, key, installer) }
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: clustersQuery.queryKey }),
  })
  if (creation.data) return <Created {...creation.data} />
  const above = [{ to: '/clusters', title: 'Clusters' }]
  const forbidden = whyNot('operate', 'any')
  if (forbidden !== undefined) {
    return (
      <>
        <Heading title="Create cluster" above={above} />
        <Nothing title="You may not create a cluster">{forbidden}</Nothing>
      </>
    )
  }
  const known = { clusters: clusters.data?.map(({ name }) => name) ?? [], nodes: nodes.data ?? [] }
  const problems = problemsIn(wishes, known)
  const versionProblem =
    bundles.data && whyNotVersion(bundles.data, String(draftIn(wishes.drafts, 'kubernetesVersion')))
  const both = { wishes, change }
  const first = problems.name ?? versionProblem ?? problems.network ?? problems.others
  const right = whyNot('operate', wishes.project)
  return (
    <>
      <Heading title="Create cluster" above={above} />
      <PageSection type="wizard" isFilled>
        <Wizard className="create-wizard" navAriaLabel="Steps" onClose={() => leave('/clusters')}>
          {[
            step('name', 'Name', problems.name, <NameStep {...both} taken={known.clusters} />),
            step('version', 'Version', versionProblem, <VersionStep {...both} />),
            step('shape', 'Shape', undefined, <ShapeStep {...both} />),
            step(
              'network',
              'Network',
              problems.network,
              <SettingsStep {...both} names={NETWORK} problems={problems.subnets} />,
            ),
            step('others', 'Other settings', problems.others, <SettingsStep {...both} names={OTHERS} />),
            <WizardStep
              key="review"
              id="review"
              name="Review"
              footer={
                <Footer
                  next="Create cluster"
                  whyNot={first ?? right}
                  isBusy={creation.isPending}
                  go={() => creation.mutate(wishes)}
                />
              }
            >
              {creation.isError && <ErrorAlert error={creation.error} title="The cluster was not created" />}
              <Review wishes={wishes} />
            </WizardStep>,
          ]}
        </Wizard>
      </PageSection>
    </>
  )
}

const step = (id: string, name: string, whyNot: string | undefined, content: ReactNode) => (
  <WizardStep key={id} id={id} name={name} footer={<Footer next="Next" whyNot={whyNot} />}>
    {content}
  </WizardStep>
)

interface FooterProps {
  next: string
  whyNot: string | undefined
  isBusy?: boolean
  /** Default: to the next step. */
  go?: () => void
}

/** The buttons of a step; the one that goes on says why it cannot. */
function Footer({ next, whyNot, isBusy = false, go }: FooterProps) {
  const { goToNextStep, goToPrevStep, close, activeStep } = useWizardContext()
  return (
    <WizardFooterWrapper>
      <div className="wizard-buttons">
        <ActionButton
          variant="secondary"
          whyNot={activeStep.index === 1 ? 'This is the first step.' : undefined}
          onClick={goToPrevStep}
        >
          Back
        </ActionButton>
        <ActionButton whyNot={whyNot} isLoading={isBusy} onClick={() => (go ? go() : goToNextStep())}>
          {next}
        </ActionButton>
        <ActionButton variant="link" whyNot={undefined} onClick={close}>
          Cancel
        </ActionButton>
      </div>
    </WizardFooterWrapper>
  )
}

/** In which somebody may create a cluster. */
function firstProject(grants: readonly { role: string; project: string | null }[]): string {
  const may = grants.filter(({ role }) => role === 'operator' || role === 'admin')
  return may.some(({ project }) => project === null) ? DEFAULT_PROJECT : (may[0]?.project ?? DEFAULT_PROJECT)
}
