import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorMessage } from '../base/text/error-message.ts'
import { buildCsr } from '../pki/csr.ts'
import { createKeyPair, keyToPem } from '../pki/key.ts'
import { operatorRoutes } from '../protocol/api/operators.ts'
import { type Identity, ofFirstController } from './first-controller.ts'
import { type InCluster, patchJson } from './in-cluster.ts'
import { OWN_SECRET } from './own-secret.ts'

/** Of its life. A provision renews it at half of its life already, so that this never competes with it. */
const RENEW_AT = 0.6
const AGAIN_MS = 600_000

export interface OwnIdentity {
  /** The certificate to report with; before 2/3 of its life it is a renewed one. */
  current(signal: AbortSignal): Promise<Identity>
}

interface Surroundings {
  /** Where the secret is mounted. */
  directory: string
  cluster: InCluster
  log(message: string): void
  now(): Date
}

/** Renews the certificate over the operator's own connection, and saves it in the secret for the next pod. */
export function openIdentity({ directory, cluster, log, now }: Surroundings): OwnIdentity {
  let renewed: Pick<Identity, 'cert' | 'key'> | undefined
  let isSaved = true
  let triedAt = Number.NEGATIVE_INFINITY

  const attempt = async (mounted: Identity, signal: AbortSignal) => {
    const used = { ...mounted, ...renewed }
    if (isSaved && !isDue(used.cert, now())) return
    if (now().getTime() - triedAt < AGAIN_MS) return
    triedAt = now().getTime()
    try {
      if (isDue(used.cert, now())) {
        renewed = await renew(used, signal)
        isSaved = false
        log(`the certificate is renewed, and valid until ${new X509Certificate(renewed.cert).validTo}`)
      }
      if (renewed) await save(cluster, renewed, signal)
      isSaved = true
    } catch (error) {
      if (!signal.aborted) log(`cannot renew the certificate, or save it: ${errorMessage(error)}`)
    }
  }
  return {
    async current(signal) {
      const mounted = await readIdentity(directory)
      // A provision may have replaced it meanwhile, and the kubelet updates the files when the secret was saved.
      if (renewed && !isNewer(renewed.cert, mounted.cert)) renewed = undefined
      if (!renewed) isSaved = true
      await attempt(mounted, signal)
      return { ...mounted, ...renewed }
    },
  }
}

async function readIdentity(directory: string): Promise<Identity> {
  const names = ['controller.json', 'ca.crt', 'tls.crt', 'tls.key']
  const [settings = '', ca = '', cert = '', key = ''] = await Promise.all(
    names.map((name) => readFile(join(directory, name), 'utf8')),
  )
  const { urls, proxy } = JSON.parse(settings) as Pick<Identity, 'urls' | 'proxy'>
  return { urls, ca, cert, key, ...(proxy && { proxy }) }
}

function isDue(cert: string, now: Date): boolean {
  const { validFromDate, validToDate } = new X509Certificate(cert)
  const life = validToDate.getTime() - validFromDate.getTime()
  return now.getTime() > validFromDate.getTime() + RENEW_AT * life
}

const isNewer = (one: string, other: string) =>
  new X509Certificate(one).validToDate > new X509Certificate(other).validToDate

/** The key never leaves the cluster. */
async function renew(used: Identity, signal: AbortSignal): Promise<Pick<Identity, 'cert' | 'key'>> {
  const { privateKey } = createKeyPair()
  const body = { csr: buildCsr(privateKey, 'operator') }
  const { certificate } = await ofFirstController(used, signal, (askIt) =>
    askIt(operatorRoutes.renewOperatorCertificate, { body }),
  )
  return { cert: certificate, key: keyToPem(privateKey) }
}

async function save(
  cluster: InCluster,
  { cert, key }: Pick<Identity, 'cert' | 'key'>,
  signal: AbortSignal,
): Promise<void> {
  const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64')
  await patchJson(cluster, OWN_SECRET, { data: { 'tls.crt': base64(cert), 'tls.key': base64(key) } }, signal)
}
