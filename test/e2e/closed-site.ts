import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DockerRegistry, startDockerRegistry, USER } from '../support/images/docker-registry.ts'
import { pushImageIndex } from '../support/images/image-index.ts'
import { serverCertificate } from '../support/images/server-certificate.ts'
import { skopeoWith } from '../support/images/skopeo.ts'
import { startTerminatingProxy } from '../support/proxies/terminating-proxy.ts'
import { kubectl } from '../support/site/site.ts'
import { type Bed, GATEWAY, inNetwork } from '../support/testbed/bed.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Scene } from './shape.ts'

/** A name that only the proxy knows: what comes from it came through the proxy. */
const MIRROR = 'mirror.test'
export const PROXY_PORT = 3128
const PROXY = `${GATEWAY}:${PROXY_PORT}`
/** Of the agents. containerd has another one, because it takes its proxy from its environment. */
export const AGENT_PASSWORD = 'marble-otter/27%'
const CONTAINERD_USER = 'containerd:apron-walnut'
const IMAGE = 'docker.io/library/probe:1'

export interface ClosedSite {
  /** Of `cluster create`. Its credentials carry the proxy, and who may use it and the mirror. */
  flags: readonly string[]
  /** Fails unless an image of docker.io comes to these nodes, and through the proxy from the mirror. */
  imagesCome(...nodes: string[]): Promise<void>
  stop(): Promise<void>
}

/** A proxy that ends TLS and wants a user, and a mirror of docker.io with a CA, a user and a path. */
export async function openClosedSite({ bed, node }: Pick<Scene, 'bed' | 'node'>): Promise<ClosedSite> {
  const inside = (argv: readonly string[]) => inNetwork(bed, argv)
  const mirror = await startDockerRegistry({ tls: serverCertificate('mirror'), signIn: true, inside })
  const proxy = await startTerminatingProxy({
    users: [`bob:${AGENT_PASSWORD}`, CONTAINERD_USER],
    maps: { [`https://${MIRROR}/`]: `https://${mirror.host}/` },
    listen: PROXY,
    inside,
  })
  const scratch = await mkdtemp(join(tmpdir(), 'cantrip-closed-'))
  await push(bed, mirror, scratch)
  const file = async (name: string, text: string) => {
    const path = join(scratch, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  const [ca, password] = [await file('proxy-ca.crt', proxy.ca), await file('password.txt', AGENT_PASSWORD)]
  const logins = [
    `${MIRROR}=${await file('mirror.txt', USER)}`,
    `${proxy.url}=${await file('containerd.txt', CONTAINERD_USER)}`,
  ]
  return {
    flags: [
      ...['--https-proxy', proxy.url, '--registry-ca', `*=${ca}`],
      ...['--registry-mirror', `docker.io=https://${MIRROR}/hub`, '--mirror-only', 'docker.io'],
      ...['--proxy', proxy.url.replace('//', '//bob@'), '--proxy-password-file', password, '--tls-terminating-proxy'],
      ...logins.flatMap((login) => ['--registry-login', login]),
    ],
    async imagesCome(...nodes) {
      for (const name of nodes) await comes(node('m1'), name)
      // Its log shortens URLs.
      assert.match(proxy.log(), /\/v2\/hub\/library\/probe/, 'the mirror was asked through the proxy')
    },
    async stop() {
      await Promise.all([proxy.stop(), mirror.stop()])
      await rm(scratch, { recursive: true, force: true })
    },
  }
}

async function push(bed: Bed, { host }: DockerRegistry, scratch: string): Promise<void> {
  const skopeo = await skopeoWith(host, [], scratch, (argv) => inNetwork(bed, argv))
  const signedIn: typeof skopeo = (verb, ...argv) =>
    skopeo(verb ?? '', verb === 'copy' ? '--dest-creds' : '--creds', USER, ...argv)
  await pushImageIndex(signedIn, host, 'hub/library/probe:1')
}

/** A pod on this node whose image is pulled. The image has no program, so the pod does not run. */
async function comes(master: ReturnType<Scene['node']>, nodeName: string): Promise<void> {
  const pod = `probe-${nodeName}`
  const spec = JSON.stringify({ spec: { nodeName } })
  const made = await kubectl(
    master,
    'run',
    pod,
    `--image=${IMAGE}`,
    '--image-pull-policy=Always',
    `--overrides=${spec}`,
  )
  assert.equal(made.code, 0, made.stderr)
  const about = `involvedObject.name=${pod}`
  await waitFor(
    `the image on ${nodeName}`,
    async () => {
      const { stdout } = await kubectl(master, 'get', 'events', `--field-selector=${about}`, '-o', 'json')
      const { items } = JSON.parse(stdout) as { items: { reason: string; message: string }[] }
      const refused = items.find(({ reason, message }) => reason === 'Failed' && /pull/.test(message))
      assert(!refused, refused?.message)
      return items.some(({ reason }) => reason === 'Pulled') || undefined
    },
    { withinMs: 60_000, everyMs: 500 },
  )
  await kubectl(master, 'delete', 'pod', pod, '--wait=false', '--grace-period=0', '--force')
}
