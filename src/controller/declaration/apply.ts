import { createHash } from 'node:crypto'
import { AgentError } from '../../base/agent-error.ts'
import { DEFAULT_PROJECT } from '../../protocol/api/access.ts'
import { UpgradeRequest } from '../../protocol/api/clusters/upgrades.ts'
import { DEFAULT_MAX_UNAVAILABLE } from '../../protocol/api/updates/max-unavailable.ts'
import { type Declaration, rulesIn } from '../../protocol/declaration/declaration.ts'
import type { DeclarationPlan, DeclarationProblem, DeclarationRequest } from '../../protocol/declaration/routes.ts'
import { checkOverrides } from '../../provision/kubeadm/overrides.ts'
import { createCluster } from '../clusters/cluster-commands.ts'
import { planChange } from '../clusters/settings/plan.ts'
import { startIn } from '../clusters/upgrade/commands.ts'
import { clusterGone, refusal } from '../domain/admission.ts'
import { type Draft, openDraft, present } from '../domain/draft.ts'
import type { Cluster } from '../domain/records.ts'
import { nodeOf } from '../nodes/find.ts'
import { removeIn } from '../nodes/node-commands.ts'
import type { HasPublicUrls } from '../ports.ts'
import { type Reconciling, reconcile } from '../reconcile/reconcile.ts'
import type { Viewing } from '../views/views.ts'
import { fieldChanges, nodeChanges, released } from './changes.ts'
import { problemsAt, problemsOf, settingsFor } from './problems.ts'
import { declaredVersion } from './version.ts'

type Ports = Reconciling & HasPublicUrls & Viewing

export interface Order extends DeclarationRequest {
  dryRun: boolean
  prune: boolean
}

/** The project that the cluster will be in. One that the declaration does not give stays what it is. */
export const projectFor = ({ metadata }: Declaration, known: Pick<Cluster, 'project'> | undefined): string =>
  metadata.project ?? known?.project ?? DEFAULT_PROJECT

/** Makes a cluster what the declaration says; all of it, or nothing. Returns what changed, or with `dryRun` what would. */
export async function applyDeclaration(ports: Ports, order: Order, by: string): Promise<DeclarationPlan> {
  await checkOverrides(order.declaration.spec.overrides)
  await ports.bundles.refresh()
  const known = await ports.store.clusterNamed(order.declaration.metadata.name)
  return known ? change(ports, order, known) : create(ports, order, by)
}

async function create(ports: Ports, order: Order, by: string): Promise<DeclarationPlan> {
  const { declaration, dryRun, csr } = order
  const { name } = declaration.metadata
  const project = projectFor(declaration, undefined)
  const settings = settingsFor(declaration, undefined)
  const rules = rulesIn(declaration.spec)
  const changes = fieldChanges(undefined, { name, project, settings, rules })
  const problems = problemsOf(declaration, settings, undefined)
  const plan = withRevision({ cluster: name, isNew: true, changes, upgrade: null, nodes: [], conflicts: [], problems })
  if (dryRun) return plan
  admit(plan, order)
  if (csr === undefined) {
    const found = `cluster ${name} does not exist; wanted a certificate request for its credentials`
    throw refusal('declaration/needs-csr', found, 'send csr')
  }
  const { installer } = await createCluster(ports, { name, project, settings, csr, rules }, by)
  return { ...plan, installer }
}

async function change(ports: Ports, order: Order, { id, name }: Cluster): Promise<DeclarationPlan> {
  if (order.dryRun) {
    const data = await ports.store.load(id)
    if (data) return changeIn(ports, openDraft(data, ports.now()), order)
  } else {
    const done = await reconcile(ports, id, (draft) => {
      const plan = changeIn(ports, draft, order)
      admit(plan, order)
      return plan
    })
    if (done) return done.result
  }
  throw clusterGone(name, 'apply it again, which creates it')
}

/** The plan, carried out in the draft unless there are problems. */
function changeIn(ports: Ports, draft: Draft, { declaration, prune }: Order): DeclarationPlan {
  const before = draft.cluster
  const version = declaredVersion(ports, draft, settingsFor(declaration, before.settings))
  const { settings, upgrade, kubernetesVersion } = version
  const rules = rulesIn(declaration.spec)
  const project = projectFor(declaration, before)
  const after = { ...before, project, settings, rules }
  const changes = fieldChanges(before, { ...after, settings: { ...settings, kubernetesVersion } })
  const ofNodes = nodeChanges(before, after, draft.nodes, prune)
  const problems = [...problemsOf(declaration, settings, before), ...version.problems]
  if (prune && rules === null) problems.push(NO_RULES)
  // Of a cluster with nodes, the settings change as by `cluster set`.
  const { rollout, problems: preventing } = planChange(ports, draft, settings, DEFAULT_MAX_UNAVAILABLE)
  if (problems.length === 0)
    problems.push(...preventing.map(({ code, message, fix }) => ({ path: ['spec'], code, message, fix })))
  if (problems.length === 0) {
    // An upgrade makes the nodes what all their parameters say.
    const isRollout = rollout !== null && upgrade === null
    if (changes.length > 0) draft.setCluster({ project, settings, rules, ...(isRollout && { upgrade: rollout }) })
    if (upgrade !== null) startIn(ports, draft, UpgradeRequest.parse({ to: kubernetesVersion }))
    if (rules !== null) release(draft)
    const removed = ofNodes.nodes.filter(({ action }) => action === 'remove')
    problems.push(...removed.flatMap((each) => remove(ports, draft, each.id)))
  }
  return withRevision({ cluster: before.name, isNew: false, changes, upgrade, ...ofNodes, problems })
}

const NO_RULES: DeclarationProblem = {
  path: ['spec'],
  code: 'declaration/no-rules',
  message: 'the declaration has no rules for nodes; wanted rules that say which nodes remain',
  fix: 'write nodes: with a rule for each node that remains, or omit --prune',
}

function release(draft: Draft): void {
  for (const node of present(draft)) if (released(node) !== node) draft.setNode(node.id, { ruling: 'open' })
}

/** By the ordinary removal, which the last master of a cluster refuses. */
function remove(ports: Ports, draft: Draft, id: string): DeclarationProblem[] {
  return problemsAt(['spec', 'nodes'], () => removeIn(ports, draft, nodeOf(draft, id), false))
}

function withRevision(plan: Omit<DeclarationPlan, 'revision'>): DeclarationPlan {
  const { cluster, isNew, changes, upgrade, nodes } = plan
  const digest = createHash('sha256').update(JSON.stringify({ cluster, isNew, changes, upgrade, nodes }))
  return { ...plan, revision: digest.digest('base64url') }
}

function admit({ cluster, problems, revision }: DeclarationPlan, order: Order): void {
  const [problem] = problems
  if (problem) {
    const { path, code, message, fix } = problem
    throw new AgentError(code, `${path.join('.')}: ${message}`, { fix, kind: 'invalid' })
  }
  if (order.revision === undefined || order.revision === revision) return
  const found = `cluster ${cluster} has changed since the plan was made`
  throw refusal('declaration/changed', found, 'look at the new plan: run the same command again')
}
