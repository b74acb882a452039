import { type Declaration, placeOf, rulesIn, settingsIn } from '../../protocol/declaration/declaration.ts'
import type { DeclarationProblem } from '../../protocol/declaration/routes.ts'
import type { NodeRule } from '../../protocol/declaration/rule.ts'
import { isSame, reasonOf } from '../../protocol/settings/change.ts'
import { ClusterSettings, SETTINGS } from '../../protocol/settings/cluster-settings.ts'
import { isContradictory, MOST_MASTERS, problemsIn, storageProblem } from '../domain/admission.ts'
import type { Cluster } from '../domain/records.ts'
import { expectedMasters, sizeOf } from '../domain/rules/provision.ts'
import { admitLabels } from '../domain/settings/labels.ts'
import { admitMirrors } from '../domain/settings/mirrors.ts'
import { admitSubnets } from '../domain/settings/subnets.ts'

type Path = DeclarationProblem['path']

/**
 * The settings that a declaration means. A setting that it does not give has its default; of an existing cluster, one that cannot
 * change keeps its value, whatever the default of this version is.
 */
export function settingsFor({ spec }: Declaration, current: ClusterSettings | undefined): ClusterSettings {
  const kept = Object.entries(current ?? {}).filter(([name]) => !isMutable(name))
  return ClusterSettings.parse({ ...Object.fromEntries(kept), ...settingsIn(spec) })
}

const isMutable = (name: string) => reasonOf(name) === undefined

/** Why a declaration is refused; `settings`: those that it means. */
export function problemsOf(
  { metadata, spec }: Declaration,
  settings: ClusterSettings,
  current: Cluster | undefined,
): DeclarationProblem[] {
  const { name } = metadata
  const rules = rulesIn(spec)
  return [
    ...(current ? immutable(current, settings) : problemsAt(placeOf('podSubnet'), () => admitSubnets(settings))),
    ...problemsAt(placeOf('labels'), () => admitLabels(settings.labels)),
    ...problemsAt(placeOf('mirrorOnly'), () => admitMirrors(settings)),
    ...(rules?.nodes ?? []).flatMap((rule, at) => [
      ...contradictions(settings, name, rule, ['spec', 'nodes', at, 'roles']),
      ...storageProblems(rule, ['spec', 'nodes', at]),
      ...problemsAt(['spec', 'nodes', at, 'labels'], () => admitLabels(rule.labels ?? {})),
    ]),
    ...(rules?.provision === 'automatically' ? mastersProblems(rules.nodes) : []),
  ]
}

function immutable({ name, settings: current }: Cluster, settings: ClusterSettings): DeclarationProblem[] {
  const [was, is]: Readonly<Record<string, unknown>>[] = [current, settings]
  return Object.keys(SETTINGS).flatMap((setting) => {
    // A later version is an upgrade: see version.ts.
    if (setting === 'kubernetesVersion' || isMutable(setting) || isSame(was?.[setting], is?.[setting])) return []
    const value = was?.[setting] === undefined ? 'none' : JSON.stringify(was[setting])
    const path = placeOf(setting)
    const because = reasonOf(setting)
    return {
      ...{ path, code: 'declaration/immutable' },
      message: `found ${JSON.stringify(is?.[setting])}; cluster ${name} has ${value}, which cannot change: ${because}`,
      fix:
        was?.[setting] === undefined
          ? 'omit it, or declare another cluster'
          : `write ${value}, or declare another cluster`,
    }
  })
}

/** The problem that a check throws which knows no paths, if any. */
export const problemsAt = (path: Path, check: () => void): DeclarationProblem[] =>
  problemsIn(check).map((problem) => ({ path, ...problem }))

function contradictions(
  settings: ClusterSettings,
  name: string,
  { roles }: NodeRule,
  path: Path,
): DeclarationProblem[] {
  if (!isContradictory(settings, roles)) return []
  const message = `found roles ${roles.join(', ')} in cluster ${name} with dedicated masters; wanted master alone`
  return [{ path, code: 'roles/contradictory', message, fix: 'write [master], or omit dedicatedMasters' }]
}

function storageProblems({ roles, disks = [] }: NodeRule, path: Path): DeclarationProblem[] {
  const problem = storageProblem(roles, disks)
  return problem ? [{ path: [...path, problem.code === 'roles/storage-alone' ? 'roles' : 'disks'], ...problem }] : []
}

/** A cluster that provisions itself must know when its masters are complete. */
function mastersProblems(rules: readonly NodeRule[]): DeclarationProblem[] {
  const unknown = rules.flatMap((rule, at) =>
    rule.roles.includes('master') && sizeOf(rule) === undefined
      ? [
          bad(
            ['spec', 'nodes', at],
            'the rule does not say how many masters it is for, so it is not known when to start the cluster',
            'add count: 1, 3 or 5; or provision: manually',
          ),
        ]
      : [],
  )
  const expected = expectedMasters(rules)
  if (expected === undefined || expected === 0) return unknown
  const first = rules.findIndex(({ roles }) => roles.includes('master'))
  const found = `its rules are for ${expected} ${expected === 1 ? 'master' : 'masters'}`
  if (expected % 2 === 0 || expected > MOST_MASTERS) {
    const wanted = `wanted an odd number of at most ${MOST_MASTERS}`
    return [bad(['spec', 'nodes', first], `${found}; ${wanted}`, 'change match or count of the rules for masters')]
  }
  return unknown
}

function bad(path: Path, message: string, fix: string): DeclarationProblem {
  return { path, code: 'declaration/rules', message, fix }
}
