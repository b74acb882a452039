import { KUBELET_UNIT } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'
import type { Argv } from '../../host/argv.ts'
import type { ApiWatchSettings } from '../../operator/api-watch/settings.ts'
import { CONFINED_SERVICE } from '../../provision/steps/units.ts'

export const DIRECTORY = '/etc/cantrip-node-dns'
export const STATE = '/var/lib/cantrip-node-dns'
const HOSTS = `${STATE}/hosts`
export const corednsOf = ({ binaries }: Layout): string => `${binaries}/coredns`
/** A copy of the agent's executable under another path: it remains when the agent is uninstalled and Kubernetes is kept. */
export const watchOf = ({ libraries }: Layout): string => `${libraries}/cantrip-node-dns/api-watch`

export interface Zone {
  /** The address of the node. */
  address: string
  apiName: string
  /** The name servers that the node used before. */
  upstreams: readonly string[]
}

/** Answers the API's name from the file of healthy masters. Forwards everything else in the order of glibc, resolv.conf(5). */
export function corefile({ address, apiName, upstreams }: Zone): string {
  const forward = `. {
    bind ${address}
    errors
    forward . ${upstreams.join(' ')} {
        policy sequential
        failover SERVFAIL NOTIMP REFUSED
    }
}
`
  return `${apiName} {
    bind ${address}
    errors
    loadbalance
    hosts ${HOSTS} {
        ttl 1
        reload 500ms
        no_reverse
    }
}
${upstreams.length > 0 ? forward : ''}`
}

/** The node can get its address minutes after a boot. */
const NO_START_LIMIT = 'StartLimitIntervalSec=0'

/** Only the rights that a name server needs: it reads two files and listens on one port. */
const CONFINED = `NoNewPrivileges=yes
ProtectSystem=strict
${CONFINED_SERVICE}`

/**
 * Does not depend on the agent, which can be stopped or uninstalled.
 *
 * @param afterStart notifies the owner of resolv.conf
 */
export function dnsUnit(layout: Layout, afterStart?: Argv): string {
  return `[Unit]
Description=Node DNS: the name of the Kubernetes API, and what the other name servers say
Documentation=https://coredns.io
After=network-online.target
Wants=network-online.target
Before=${KUBELET_UNIT}
${NO_START_LIMIT}

[Service]
ExecStart=${corednsOf(layout)} -conf ${DIRECTORY}/Corefile
${afterStart === undefined ? '' : `ExecStartPost=-${afterStart.join(' ')}\n`}Restart=always
RestartSec=1
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
OOMScoreAdjust=-900
LimitNOFILE=65536
${CONFINED}

[Install]
WantedBy=multi-user.target
`
}

export function apiWatchUnit(layout: Layout): string {
  return `[Unit]
Description=Which masters of Kubernetes are healthy, for the node DNS
After=network-online.target
Wants=network-online.target
Before=${KUBELET_UNIT}
${NO_START_LIMIT}

[Service]
ExecStart=${watchOf(layout)} api-watch ${DIRECTORY}/api-watch.json
Restart=always
RestartSec=1
CapabilityBoundingSet=CAP_DAC_READ_SEARCH
OOMScoreAdjust=-900
ReadWritePaths=${STATE}
${CONFINED}

[Install]
WantedBy=multi-user.target
`
}

export function watchSettings(settings: Omit<ApiWatchSettings, 'hosts'>): string {
  return `${JSON.stringify({ ...settings, hosts: HOSTS }, null, 2)}\n`
}
