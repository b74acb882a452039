import assert from 'node:assert/strict'
import { kubectl } from '../support/site/site.ts'
import { execOk, type Node } from '../support/testbed/machine.ts'
import { ADMIN, IMAGE, importImage } from './test-pod.ts'

const PORT = 8080
/** Uses nc, because wget of a static busybox does not work here. */
const GET = "printf 'GET /busybox HTTP/1.0\\r\\n\\r\\n'"
const LABELS = { test: 'across' }

const pod = (name: string, node: string, labels: Record<string, string>, args: string[]) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels },
  spec: {
    nodeName: node,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    tolerations: [{ operator: 'Exists' }],
    containers: [{ name: 'busybox', image: IMAGE, imagePullPolicy: 'Never', args }],
  },
})

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', labels: LABELS },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: PORT }] },
}

/** Runs an HTTP server in a pod on each node. A pod on each node reaches every server by its address, and the service by its name. */
export async function podsReachEachOther(master: Node, nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map((node) => importImage(node)))
  const serve = ['httpd', '-f', '-p', String(PORT), '-h', '/bin']
  const servers = nodes.map(({ name }) => pod(`web-${name}`, name, { ...LABELS, app: 'web' }, serve))
  await apply(master, [SERVICE, ...servers])
  await succeed(master, ['wait', '--for=condition=Ready', 'pod', '-l', 'app=web', '--timeout=120s'])
  const listed = await succeed(master, ['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.podIP}'])
  const addresses = listed.trim().split(' ')
  assert.equal(addresses.length, nodes.length)
  const service = (await succeed(master, ['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}'])).trim()
  const places = [...addresses.map((address) => `${address} ${PORT}`), `${service} 80`]
  const looks = places.map((place) => `${GET} | $b nc -w 10 ${place} | $b head -c 15 | $b grep -q ' 200'`)
  const all = [...looks, '$b nslookup -type=a web.default.svc.cluster.local'].join(' && ')
  // Right after a boot, kube-proxy may not know the service yet.
  const ask = `b=/bin/busybox; for i in 1 2 3 4 5 6 7 8 9 10; do ${all} && exit 0; $b sleep 3; done; exit 1`
  await apply(
    master,
    nodes.map(({ name }) => pod(`ask-${name}`, name, { ...LABELS, app: 'ask' }, ['sh', '-c', ask])),
  )
  const phase = '--for=jsonpath={.status.phase}=Succeeded'
  const ended = await kubectl(master, 'wait', phase, 'pod', '-l', 'app=ask', '--timeout=90s')
  const logs = await kubectl(master, 'logs', '-l', 'app=ask', '--prefix')
  assert.equal(ended.code, 0, `${ended.stderr}\n${logs.stdout}${logs.stderr}`)
  await succeed(master, ['delete', 'pods,services', '-l', 'test=across', '--now'])
}

const apply = (master: Node, items: unknown[]) =>
  execOk(master, ['kubectl', ...ADMIN, 'apply', '-f', '-'], {
    stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  })

async function succeed(master: Node, argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await kubectl(master, ...argv)
  assert.equal(code, 0, `kubectl ${argv.join(' ')}: ${stderr}`)
  return stdout
}
