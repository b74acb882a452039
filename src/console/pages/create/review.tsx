import {
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
} from '@patternfly/react-core'
import type { SettingName } from '../../../protocol/settings/cluster-settings.ts'
import { settingsOf, titleOf } from '../../parts/settings/drafts.ts'
import { SHAPES } from './shapes.tsx'
import { draftIn, NETWORK, type Wishes } from './wishes.ts'

const ALWAYS: readonly SettingName[] = ['kubernetesVersion', ...NETWORK]

/** All that was chosen, and what is not a default. */
export function Review({ wishes: { name, project, shape, drafts } }: { wishes: Wishes }) {
  const changed = (Object.keys(settingsOf(drafts)) as SettingName[]).filter((each) => !ALWAYS.includes(each))
  const rows = [
    ['Name', name],
    ['Project', project],
    ['Shape', SHAPES.find(({ key }) => key === shape)?.title ?? ''],
    ...[...ALWAYS, ...changed].map((each) => [titleOf(each), shown(draftIn(drafts, each))]),
  ]
  return (
    <>
      <DescriptionList isHorizontal isCompact>
        {rows.map(([title, value]) => (
          <DescriptionListGroup key={title}>
            <DescriptionListTerm>{title}</DescriptionListTerm>
            <DescriptionListDescription className="lines">{value === '' ? 'none' : value}</DescriptionListDescription>
          </DescriptionListGroup>
        ))}
      </DescriptionList>
      <p className="after">All other settings have their defaults.</p>
    </>
  )
}

const shown = (draft: string | boolean) => (typeof draft === 'string' ? draft : draft ? 'yes' : 'no')
