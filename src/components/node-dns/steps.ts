import { AgentError } from '../../base/agent-error.ts'
import { KUBELET_STATE, UNITS } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'
import { isOwnFile } from '../../host/files/own-file.ts'
import type { HostView } from '../../host/host.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import { watchUnit } from '../../host/units/watch-unit.ts'
import { ownEndpoint } from '../../provision/api/own-endpoint.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { KUBERNETES_PKI } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { startUnit, unitIsCurrent } from '../../provision/steps/units.ts'
import { askAddress } from './dns-question.ts'
import { isFirst, resolverOf } from './resolver.ts'
import { withStandIn } from './stand-in.ts'
import { apiWatchUnit, corednsOf, corefile, DIRECTORY, dnsUnit, STATE, watchOf, watchSettings } from './templates.ts'

const WATCH_MODE = 0o755

const DNS = 'cantrip-node-dns.service'
const API_WATCH = 'cantrip-api-watch.service'
/** The files that each service reads when it starts. */
const readByServices = (layout: Layout) => ({
  [DNS]: [corednsOf(layout), `${DIRECTORY}/Corefile`],
  [API_WATCH]: [watchOf(layout), `${DIRECTORY}/api-watch.json`],
})

export const configure: ProvisionStep = {
  id: 'node-dns/configure',
  title: 'Configuring the node DNS',
  async isDone(host, params) {
    const watch = watchOf(host.layout)
    if (!isOwnFile(await host.stat(watch), WATCH_MODE, host)) return false
    if ((await host.sha256(watch)) !== (await host.sha256(params.executable))) return false
    const wanted = Object.entries(await files(host, params))
    const found = await Promise.all(wanted.map(([path]) => host.read(path)))
    return wanted.every(([, text], index) => found[index] === text)
  },
  async apply(host, params) {
    await host.makeDirectory(DIRECTORY)
    await host.makeDirectory(STATE)
    await host.install(params.executable, watchOf(host.layout), WATCH_MODE)
    for (const [path, text] of Object.entries(await files(host, params))) await host.write(path, text)
  },
}

export const startServices: ProvisionStep = {
  id: 'node-dns/start-services',
  title: 'Starting the node DNS',
  async isDone(host) {
    const current = await Promise.all(units(host.layout).map(([unit, read]) => unitIsCurrent(host, unit, read)))
    return current.every(Boolean)
  },
  async apply(host, _params, { signal }) {
    for (const [unit, read] of units(host.layout)) {
      const start = () => startUnit(host, unit, read, { signal })
      const isReplaced = unit === DNS && (await isUnitActive(host, unit)) && !(await unitIsCurrent(host, unit, read))
      await (isReplaced ? withStandIn(host, start, signal) : start())
    }
  },
}

/** Applied after the node DNS answers. While it does not answer, programs use the other name servers. */
export const comeFirst: ProvisionStep = {
  id: 'node-dns/come-first',
  title: 'Making the node DNS the first name server',
  async isDone(host, params) {
    return isFirst(host, await resolverFor(host, params), params.node.address)
  },
  async apply(host, params, { signal }) {
    const { address } = params.node
    const { name } = need(params)
    const failure = async () =>
      new AgentError('node-dns/no-answer', `the node DNS does not answer for ${name} on ${address} port 53`, {
        fix: 'journalctl -u cantrip-node-dns -u cantrip-api-watch; then provision again',
      })
    const notFirst = async () =>
      new AgentError('node-dns/not-first', `${address} is not the first name server of this machine`, {
        fix: 'find the program that writes /etc/resolv.conf; then provision again',
      })
    const watches = [DNS, API_WATCH].map(watchUnit)
    await waitUntil(host, () => askAddress(host, address, name), { signal, timeoutMs: 60_000, failure, watches })
    const resolver = await resolverFor(host, params)
    const { files = {}, lines = [], apply } = resolver
    // Recorded first, so that it is undone last, after the files are restored.
    if (apply) await host.expect({ kind: 'run', argv: apply, why: 'name servers as they were before' })
    for (const [path, text] of Object.entries(files)) await host.write(path, text)
    for (const { path, line, text } of lines) {
      // The undo removes only the line: another program can change the file in the meantime.
      await host.expect({ kind: 'remove-line', path, line })
      await host.write(path, text, (await host.stat(path))?.mode)
    }
    if (!apply) return
    await host.run(apply, { kind: 'nothing', because: 'undo applies the name servers again' })
    await waitUntil(host, () => isFirst(host, resolver, address), { signal, timeoutMs: 30_000, failure: notFirst })
  },
}

function units(layout: Layout): [string, string[]][] {
  return Object.entries(readByServices(layout)).map(([unit, files]) => [unit, [...files, `${UNITS}/${unit}`]])
}

async function files(host: HostView, params: ProvisionParams): Promise<Record<string, string>> {
  const { name, port } = need(params)
  const { upstreams, afterStart } = await resolverFor(host, params)
  const masters = params.cluster.masters.map(({ address }) => address)
  const ca = `${KUBERNETES_PKI}/ca.crt`
  const identity = `${KUBELET_STATE}/pki/kubelet-client-current.pem`
  return {
    [`${DIRECTORY}/Corefile`]: corefile({ address: params.node.address, apiName: name, upstreams }),
    [`${DIRECTORY}/api-watch.json`]: watchSettings({ name, port, masters, ca, identity }),
    [`${UNITS}/${DNS}`]: dnsUnit(host.layout, afterStart),
    [`${UNITS}/${API_WATCH}`]: apiWatchUnit(host.layout),
  }
}

function resolverFor(host: HostView, params: ProvisionParams) {
  return resolverOf(host, params.node.address, need(params).name)
}

function need(params: ProvisionParams): { name: string; port: number } {
  const found = ownEndpoint(params)
  if (!found) throw new Error('a cluster whose API endpoint is an address has no such step')
  return found
}
