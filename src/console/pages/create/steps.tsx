import { Alert, Form, FormGroup, Radio, TextInput } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import type { SettingName } from '../../../protocol/settings/cluster-settings.ts'
import { bundlesQuery } from '../../data/queries.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { FieldHelp, SettingField } from '../../parts/settings/setting-field.tsx'
import { versionChoices } from '../../parts/settings/versions.ts'
import { IMPORT_BUNDLE } from '../../parts/values/commands.ts'
import { SHAPES, ShapeDrawing } from './shapes.tsx'
import { draftIn, nameProblem, type Wishes, withShape } from './wishes.ts'

interface StepProps {
  wishes: Wishes
  change: (wishes: Wishes) => void
}

export function NameStep({ wishes, change, taken }: StepProps & { taken: readonly string[] }) {
  const { name, project } = wishes
  const problem = nameProblem(name, taken)
  const projectProblem = nameProblem(project)
  return (
    <Form className="narrow" onSubmit={(event) => event.preventDefault()}>
      <FormGroup label="Name" isRequired fieldId="cluster-name">
        <TextInput
          id="cluster-name"
          isRequired
          value={name}
          autoComplete="off"
          spellCheck={false}
          aria-describedby="cluster-name-help"
          validated={name === '' || problem === undefined ? 'default' : 'error'}
          onChange={(_, text) => change({ ...wishes, name: text })}
        />
        <FieldHelp id="cluster-name-help" problem={name === '' ? undefined : problem}>
          Lower-case letters, digits and dashes. It cannot change later.
        </FieldHelp>
      </FormGroup>
      <FormGroup label="Project" isRequired fieldId="cluster-project">
        <TextInput
          id="cluster-project"
          isRequired
          value={project}
          autoComplete="off"
          spellCheck={false}
          aria-describedby="cluster-project-help"
          validated={projectProblem === undefined ? 'default' : 'error'}
          onChange={(_, text) => change({ ...wishes, project: text })}
        />
        <FieldHelp id="cluster-project-help" problem={projectProblem}>
          The roles of people can be limited to projects.
        </FieldHelp>
      </FormGroup>
    </Form>
  )
}

export function VersionStep({ wishes, change }: StepProps) {
  const bundles = useQuery(bundlesQuery)
  const chosen = String(draftIn(wishes.drafts, 'kubernetesVersion'))
  const choose = (version: string) => change({ ...wishes, drafts: { ...wishes.drafts, kubernetesVersion: version } })
  return (
    <Loaded query={bundles} what="the bundles">
      {(found) => (
        <Form onSubmit={(event) => event.preventDefault()}>
          {found.length === 0 && (
            <Alert isInline component="p" variant="info" title="No bundle is imported yet">
              You can create the cluster now. Before it is provisioned, import a bundle: <code>{IMPORT_BUNDLE}</code>
            </Alert>
          )}
          <FormGroup role="radiogroup" label="Version of Kubernetes" fieldId="versions">
            {versionChoices(found).map(({ version, archs, whyNot }) => (
              <Radio
                key={version}
                id={`version-${version}`}
                name="version"
                label={version}
                description={
                  whyNot ??
                  (archs.length === 0 ? 'Its bundle is not imported yet' : `For machines of ${archs.join(' and ')}`)
                }
                isDisabled={whyNot !== undefined}
                isChecked={version === chosen}
                onChange={() => choose(version)}
              />
            ))}
          </FormGroup>
        </Form>
      )}
    </Loaded>
  )
}

export function ShapeStep({ wishes, change }: StepProps) {
  return (
    <Form onSubmit={(event) => event.preventDefault()}>
      <FormGroup role="radiogroup" label="Shape" fieldId="shapes">
        <div className="shapes">
          {SHAPES.map(({ key, title, detail, masters, workers }) => (
            <Radio
              key={key}
              id={`shape-${key}`}
              name="shape"
              label={title}
              description={detail}
              body={<ShapeDrawing masters={masters} workers={workers} />}
              isChecked={wishes.shape === key}
              onChange={() => change(withShape(wishes, key))}
            />
          ))}
        </div>
      </FormGroup>
      <p>
        M: master, W: worker. You choose the role of each node when it is configured; this sets whether masters run
        workloads.
      </p>
    </Form>
  )
}

interface SettingsStepProps extends StepProps {
  names: readonly SettingName[]
  problems?: Readonly<Partial<Record<SettingName, string>>>
}

export function SettingsStep({ wishes, change, names, problems = {} }: SettingsStepProps) {
  const { drafts } = wishes
  return (
    <Form className="narrow" onSubmit={(event) => event.preventDefault()}>
      {names.map((name) => (
        <SettingField
          key={name}
          name={name}
          draft={draftIn(drafts, name)}
          problem={problems[name]}
          change={(draft) => change({ ...wishes, drafts: { ...drafts, [name]: draft } })}
        />
      ))}
    </Form>
  )
}
