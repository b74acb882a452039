import { Resolver } from 'node:dns/promises'
import { isIPv6 } from 'node:net'

/** `cluster.local`, from the pod's resolv.conf that the kubelet writes; undefined outside a cluster. */
export function clusterDomain(resolvConf: string): string | undefined {
  const domains = /^search\s+(.*)$/m.exec(resolvConf)?.[1]?.trim().split(/\s+/) ?? []
  return domains.find((domain) => domain.startsWith('svc.'))?.slice('svc.'.length)
}

/** Whether the cluster DNS, the pod's first name server, resolves the service of the API. */
export async function dnsAnswers(resolvConf: string): Promise<boolean> {
  const domain = clusterDomain(resolvConf)
  const server = /^nameserver\s+(\S+)/m.exec(resolvConf)?.[1]
  if (domain === undefined || server === undefined) return false
  const resolver = new Resolver({ timeout: 1_000, tries: 1 })
  resolver.setServers([isIPv6(server) ? `[${server}]` : server])
  const name = `kubernetes.default.svc.${domain}.`
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  return answers.some((answer) => answer.status === 'fulfilled' && answer.value.length > 0)
}
