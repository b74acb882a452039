import { expect, test } from 'vitest'
import { AddOnDescription } from '../../../../add-ons/format.ts'
import { readObjects, refOf } from '../../../../add-ons/objects.ts'
import { renderAddOn } from '../../../../add-ons/render.ts'
import { problemsOf } from '../../../add-ons/check.ts'
import { containersOf } from '../../../add-ons/pods.ts'
import { DEFAULT_VERSIONS } from '../../../versions/sets.ts'
import { describeAddOn } from '../../add-ons/describe.ts'
import { textOfObjects } from './built.ts'
import { GO_ADD_ONS, goAddOns } from './catalog.ts'
import { SCRAPED } from './scrape.ts'

interface PodSpec {
  containers: { securityContext?: Record<string, unknown>; resources?: { requests?: object; limits?: object } }[]
  securityContext?: Record<string, unknown>
  volumes?: Record<string, unknown>[]
  hostNetwork?: boolean
}

const all = [...GO_ADD_ONS.values()]
const text = async (id: string) => textOfObjects(GO_ADD_ONS.get(id)?.objects ?? [])

test.each(all)('$description.id is an add-on like any other', async ({ description, objects }) => {
  const written = await text(description.id)
  const whole = AddOnDescription.parse(describeAddOn(description, objects, written))
  expect(await problemsOf(whole, written)).toEqual([])
  // It is read as it was meant.
  expect(await readObjects(whole.id, written)).toEqual(JSON.parse(JSON.stringify(objects)))
  expect(
    renderAddOn(whole, objects, {}).map(({ metadata: { labels, ...rest }, ...object }) => [object, rest.name]),
  ).toEqual(objects.map(({ metadata: { labels, ...rest }, ...object }) => [object, rest.name]))
  expect(whole.resources.cpuMilli).toBeGreaterThan(0)
  expect(whole.resources.memoryBytes).toBeGreaterThan(2 ** 20)
})

test.each(all)(
  '$description.id has the images that its pods use, and no others',
  async ({ description, objects, images }) => {
    const named = describeAddOn(description, objects, '').images
    // Only names are looked at: nothing is built.
    const base = { root: '/', arch: 'x64' as const }
    const built = await images(base, () => '/bin/true')
    expect(built.map(({ name }) => name).sort()).toEqual(named)
  },
)

test.each(all)('the pods of $description.id have no more rights than they need', ({ objects }) => {
  const levels = new Map(
    objects.flatMap(({ kind, metadata }) =>
      kind === 'Namespace' ? [[metadata.name, metadata.labels?.['pod-security.kubernetes.io/enforce']]] : [],
    ),
  )
  const workloads = objects.filter((object) => containersOf(object).length > 0)
  expect(workloads.length).toBeGreaterThan(0)
  for (const object of workloads) {
    const { name, namespace } = refOf(object)
    const pod = (object.spec as { template: { spec: PodSpec } }).template.spec
    expect(levels.get(namespace), `${name} is in a namespace of the add-on, with a level`).toBeDefined()
    expect(pod.securityContext, name).toMatchObject({ seccompProfile: { type: 'RuntimeDefault' } })
    for (const container of pod.containers) {
      expect(container.securityContext, name).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      expect(container.resources?.requests, name).toMatchObject({ cpu: expect.any(String), memory: expect.any(String) })
      expect(container.resources?.limits, name).toMatchObject({ memory: expect.any(String) })
    }
    if (levels.get(namespace) !== 'restricted') continue
    expect(pod.securityContext, name).toMatchObject({ runAsNonRoot: true, runAsUser: 65532 })
    expect(pod.hostNetwork, name).toBeUndefined()
    expect(pod.volumes?.filter((volume) => 'hostPath' in volume) ?? [], name).toEqual([])
  }
})

test.each(all)('the rights of $description.id never include secrets, or to become somebody else', ({ objects }) => {
  const rules = objects.flatMap(({ rules: own }) => (own ?? []) as { resources?: string[]; verbs: string[] }[])
  for (const { resources = [], verbs } of rules) {
    expect(verbs).not.toContain('*')
    for (const refused of ['secrets', '*', 'pods/exec', 'serviceaccounts/token'])
      expect(resources).not.toContain(refused)
    for (const refused of ['escalate', 'bind', 'impersonate']) expect(verbs).not.toContain(refused)
  }
})

test('modules of Kubernetes have the version of the bundle', () => {
  const [, minor, patch] = DEFAULT_VERSIONS.kubernetes.split('.')
  const staged = all.flatMap(({ components }) =>
    components(DEFAULT_VERSIONS).flatMap(({ component }) => component.staging ?? []),
  )
  expect(staged.length).toBeGreaterThan(1)
  for (const { at, version } of staged) {
    expect(at).toBe(DEFAULT_VERSIONS.kubernetes)
    expect(version).toBe(`v0.${minor}.${patch}`)
  }
})

test('add-ons are chosen by id or by blueprint, each once', () => {
  const ids = (...names: string[]) => goAddOns(names).map(({ description: { id } }) => id)
  expect(ids()).toEqual([])
  expect(ids('metrics-server', 'edge')).toEqual(['metrics-server'])
  expect(ids('default-upstream')).toEqual(expect.arrayContaining(['local-path', 'victoria-metrics', 'victoria-logs']))
  expect(() => ids('prometheus')).toThrow(
    expect.objectContaining({ code: 'usage/option', message: expect.stringContaining('prometheus') }),
  )
})

test('relabeling compares two labels in the form of Prometheus, with a target', () => {
  const rules = SCRAPED.scrape_configs.flatMap((job): readonly object[] => job.relabel_configs)
  const equal = rules.filter((rule) => 'action' in rule && rule.action === 'keepequal')
  expect(equal).toHaveLength(1)
  for (const rule of equal) expect(rule).toHaveProperty('target_label')
})
