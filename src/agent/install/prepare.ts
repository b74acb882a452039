import { AgentError } from '../../base/agent-error.ts'
import type { HttpProxy } from '../../host/network.ts'
import { MOST_LABEL_CHARACTERS, MOST_LABELS } from '../../protocol/declaration/machine-limits.ts'
import { NodeName } from '../../protocol/names.ts'
import { NodeLabels } from '../../protocol/settings/nodes.ts'
import type { AgentConfig } from '../config.ts'
import type { Credentials } from '../identity/credentials.ts'
import type { ServiceStatus } from '../status.ts'

export interface InstallOptions {
  clusterName?: string
  hostname?: string
  /** With the password, if there is one. */
  proxy?: HttpProxy | undefined
  /** KEY=VALUE, or KEY alone. */
  label?: readonly string[]
}

/** agent.json for these credentials. Throws AgentError if they are for another cluster, or the node name is not valid. */
export function configFor(
  { enrolment }: Pick<Credentials, 'enrolment'>,
  wishes: InstallOptions,
  hostname: string,
): AgentConfig {
  const { urls, cluster, instructionKey, nextInstructionKey } = enrolment
  const { clusterName, proxy, label = [] } = wishes
  if (clusterName !== undefined && clusterName !== cluster.name) {
    throw new AgentError(
      'credentials/other-cluster',
      `the credentials are for cluster ${cluster.name}, not ${clusterName}`,
      {
        fix: `omit --cluster-name, or pass --cluster-name ${cluster.name}`,
        kind: 'invalid',
      },
    )
  }
  return {
    format: 1,
    nodeName: nodeNameOf(wishes.hostname ?? hostname),
    urls,
    cluster,
    instructionKey,
    ...(nextInstructionKey !== undefined && { nextInstructionKey }),
    ...(clusterName === undefined ? {} : { clusterName }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(label.length === 0 ? {} : { labels: labelsOf(label) }),
  }
}

function labelsOf(pairs: readonly string[]): Record<string, string> {
  const labels = Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', ...value] = pair.split('=')
      return [key, value.join('=')]
    }),
  )
  const isShort = Object.keys(labels).length <= MOST_LABELS && JSON.stringify(labels).length <= MOST_LABEL_CHARACTERS
  if (NodeLabels.safeParse(labels).success && isShort) return labels
  const found = pairs.map((pair) => `--label ${pair}`).join(' ')
  throw new AgentError(
    'label/invalid',
    `found ${found}; wanted at most ${MOST_LABELS} labels KEY=VALUE as in Kubernetes`,
    {
      fix: 'pass valid labels, e.g. --label line=a',
      kind: 'invalid',
    },
  )
}

function nodeNameOf(name: string): string {
  if (NodeName.safeParse(name).success) return name
  throw new AgentError(
    'hostname/not-a-node-name',
    `"${name}" is not a valid node name: use lower-case letters, digits and hyphens`,
    {
      fix: 'pass a valid name: --hostname NAME',
      kind: 'invalid',
    },
  )
}

/** Refuses to overwrite the agent of another cluster. */
export function refuseOther(found: AgentConfig | undefined, wanted: AgentConfig): void {
  if (!found || found.cluster.id === wanted.cluster.id) return
  throw new AgentError(
    'agent/other-cluster',
    `the agent on this machine belongs to cluster ${found.cluster.name}; the credentials are for ${wanted.cluster.name}`,
    {
      fix: 'remove the installed agent: agent --uninstall; or install a second one: --instance NAME',
      kind: 'refused',
    },
  )
}

export function registeredText({
  nodeId,
  fingerprint,
  state,
}: Pick<ServiceStatus, 'nodeId' | 'fingerprint' | 'state'>): string {
  return `[+] Node registered: id ${nodeId}, key ${fingerprint}, state ${state}`
}
