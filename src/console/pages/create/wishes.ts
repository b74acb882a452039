import { Label } from '../../../protocol/names.ts'
import type { SettingName } from '../../../protocol/settings/cluster-settings.ts'
import { type Drafts, draftOf, draftProblem, SETTING_NAMES, titleOf } from '../../parts/settings/drafts.ts'
import { type SubnetProblems, subnetProblems } from '../../parts/settings/subnets.ts'
import { SHAPES, type ShapeKey } from './shapes.tsx'

/** What somebody has chosen so far. */
export interface Wishes {
  name: string
  project: string
  shape: ShapeKey
  drafts: Drafts
}

export const NETWORK: readonly SettingName[] = ['cni', 'podSubnet', 'serviceSubnet', 'apiEndpoint']
const FIRST: readonly SettingName[] = ['kubernetesVersion', 'dedicatedMasters', ...NETWORK]
/** All that have a step of their own come first; whatever setting is added later is among these. */
export const OTHERS: readonly SettingName[] = SETTING_NAMES.filter((name) => !FIRST.includes(name))

export const draftIn = (drafts: Drafts, name: SettingName): string | boolean => drafts[name] ?? draftOf(name)
const textIn = (drafts: Drafts, name: SettingName): string => String(draftIn(drafts, name))

/** The shape, and what it means for the settings. */
export function withShape(wishes: Wishes, key: ShapeKey): Wishes {
  const workers = SHAPES.find((shape) => shape.key === key)?.workers ?? 0
  return { ...wishes, shape: key, drafts: { ...wishes.drafts, dedicatedMasters: workers > 0 } }
}

/** Why a name is none; undefined if it can be one. */
export function nameProblem(name: string, taken: readonly string[] = []): string | undefined {
  if (name === '') return 'Type a name.'
  if (taken.includes(name)) return `There is a cluster ${name} already. Choose another name.`
  if (Label.safeParse(name).success) return undefined
  return 'Wanted lower-case letters, digits and dashes, at most 63, e.g. factory-1.'
}

interface Known {
  clusters: readonly string[]
  nodes: readonly { name: string; address: string }[]
}

/** What is wrong in each step, in the words of its fields; undefined: nothing. */
export function problemsIn({ name, project, drafts }: Wishes, { clusters, nodes }: Known) {
  const subnets: SubnetProblems = subnetProblems(textIn(drafts, 'podSubnet'), textIn(drafts, 'serviceSubnet'), nodes)
  const wrong = (names: readonly SettingName[]) => {
    const first = names.find((each) => draftProblem(each, draftIn(drafts, each)) !== undefined)
    return first && `${titleOf(first)}: ${draftProblem(first, draftIn(drafts, first))}`
  }
  const subnet = subnets.podSubnet ?? subnets.serviceSubnet
  const project_ = nameProblem(project)
  return {
    subnets,
    name: nameProblem(name, clusters) ?? (project_ && `Project: ${project_}`),
    network: wrong(NETWORK) ?? subnet,
    others: wrong(OTHERS),
  }
}
