import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MANIFESTS } from '../../contents.ts'
import type { Part } from '../../make/cache.ts'
import { runTool } from '../../make/command.ts'
import type { VersionSet } from '../../versions/sets.ts'
import { moduleDirectory } from './go.ts'

type Name = keyof typeof MANIFESTS

/** Upstream's manifests, unchanged; a node inserts the cluster's subnets. `helm`: path of the executable. */
export function manifestParts(versions: VersionSet, helm: string): Record<Name, Part> {
  const part = (name: Name, recipe: readonly string[], make: (to: string) => Promise<void>): Part => ({
    ...{ name: `${name}-${versions[MANIFESTS[name].version]}`, recipe, seconds: 2 },
    make: (directory) => make(join(directory, name)),
  })
  const copied = (name: Name, module: string, version: string, path: string) =>
    part(name, [module, version, path], async (to) => {
      await copyFile(join(await moduleDirectory(module, version), path), to)
    })
  return {
    'flannel.yaml': copied(
      'flannel.yaml',
      'github.com/flannel-io/flannel',
      versions.flannel,
      'Documentation/kube-flannel.yml',
    ),
    // A commit of Calico's release: its tags are not published as versions of the module.
    'calico.yaml': copied(
      'calico.yaml',
      'github.com/projectcalico/calico',
      versions.sources.calico,
      'manifests/calico.yaml',
    ),
    'cilium.yaml': part('cilium.yaml', [versions.kubernetes, ...CILIUM_SETTINGS], async (to) => {
      await writeFile(to, await renderCilium(versions, helm))
    }),
  }
}

/** Hubble is disabled because rendering would create random certificates, which belong to a cluster. */
const CILIUM_SETTINGS = [
  'ipam.mode=cluster-pool',
  'ipam.operator.clusterPoolIPv4PodCIDRList={10.0.0.0/8}',
  'operator.replicas=1',
  'hubble.enabled=false',
  'kubeProxyReplacement=false',
]

async function renderCilium(versions: VersionSet, helm: string): Promise<string> {
  const module = await moduleDirectory('github.com/cilium/cilium', versions.cilium)
  return runTool([
    helm,
    'template',
    'cilium',
    join(module, 'install/kubernetes/cilium'),
    '--namespace=kube-system',
    `--kube-version=${versions.kubernetes}`,
    ...CILIUM_SETTINGS.flatMap((setting) => ['--set', setting]),
  ])
}
