import { AgentError } from '../../base/agent-error.ts'
import { NodeName } from '../../protocol/names.ts'
import type { AgentConfig } from '../config.ts'
import type { Credentials } from '../identity/credentials.ts'
import type { ServiceStatus } from '../status.ts'

export interface Wishes {
  clusterName?: string
  hostname?: string
  proxy?: string
}

/** agent.json for these credentials. Throws where they are not for the cluster that was asked for, or the name is none. */
export function configFor(
  { enrolment }: Pick<Credentials, 'enrolment'>,
  wishes: Wishes,
  hostname: string,
): AgentConfig {
  const { urls, cluster, instructionKey } = enrolment
  const { clusterName, proxy } = wishes
  if (clusterName !== undefined && clusterName !== cluster.name) {
    throw new AgentError(
      'credentials/other-cluster',
      `the credentials are for cluster ${cluster.name}, not ${clusterName}`,
      {
        fix: `leave --cluster-name out, or give --cluster-name ${cluster.name}`,
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
    ...(clusterName === undefined ? {} : { clusterName }),
    ...(proxy === undefined ? {} : { proxy: checkedProxy(proxy) }),
  }
}

function nodeNameOf(name: string): string {
  if (NodeName.safeParse(name).success) return name
  throw new AgentError(
    'hostname/not-a-node-name',
    `"${name}" is no name for a node: wanted lower-case letters, digits, hyphens`,
    {
      fix: 'give another one: --hostname NAME',
      kind: 'invalid',
    },
  )
}

function checkedProxy(proxy: string): string {
  if (URL.canParse(proxy) && new URL(proxy).protocol === 'http:') return proxy
  throw new AgentError('usage/proxy', 'the proxy is no URL of the form http://[user:password@]host:port', {
    fix: 'give --proxy http://host:port',
    kind: 'invalid',
  })
}

/** Another controller's agent here is not overwritten. */
export function refuseOther(found: AgentConfig | undefined, wanted: AgentConfig): void {
  if (!found || found.cluster.id === wanted.cluster.id) return
  throw new AgentError(
    'agent/other-cluster',
    `the agent is installed here for cluster ${found.cluster.name} already; the credentials are for ${wanted.cluster.name}`,
    {
      fix: 'remove that one first: agent --uninstall; or install beside it: --instance NAME',
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
