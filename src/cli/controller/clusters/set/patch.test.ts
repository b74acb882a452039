import { expect, test } from 'vitest'
import { patchOf } from './patch.ts'

const read = async (path: string) => `text of ${path}`

test('arguments become a merge patch', async () => {
  const given = [
    ...['httpsProxy=http://proxy:3128', 'noProxy-', 'autoApprove=false', 'installerTtlDays=30'],
    ...['certSANs=api.example.org,192.0.2.1', 'labels.example.org/rack=7', 'labels.site-'],
    ...['registryMirrors.docker.io=https://mirror?a=b', 'overrides.kubelet=@kubelet.yaml', 'overrides.kube-proxy-'],
  ]
  expect(await patchOf(given, read)).toEqual({
    ...{ httpsProxy: 'http://proxy:3128', noProxy: null, autoApprove: false, installerTtlDays: 30 },
    certSANs: ['api.example.org', '192.0.2.1'],
    labels: { 'example.org/rack': '7', site: null },
    registryMirrors: { 'docker.io': 'https://mirror?a=b' },
    overrides: { kubelet: 'text of kubelet.yaml', 'kube-proxy': null },
  })
  expect(await patchOf(['registryMirrors-'], read)).toEqual({ registryMirrors: null })
})

test.each([
  ['proxy', 'wanted KEY=VALUE'],
  ['http_proxy=x', 'unknown setting http_proxy'],
  ['labels=a', 'wanted labels.NAME=VALUE'],
  ['cni.name=x', 'wanted cni=VALUE'],
])('%s is refused', async (given, reason) => {
  await expect(patchOf([given], read)).rejects.toThrow(reason)
})
