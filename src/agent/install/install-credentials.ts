import type { Step } from '../../engine/step.ts'
import type { Host, HostView } from '../../host/host.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { partsOf } from '../identity/identity.ts'
import type { InstallParams } from './params.ts'

/**
 * Creates the node's key, which never leaves the machine. The installer's key is kept next to it, readable by root only,
 * until the service has enrolled the node.
 */
export const installCredentials: Step<InstallParams> = {
  id: 'install/credentials',
  title: 'Installing credentials',
  async isDone(host, params) {
    const { paths, credentials } = params
    const directory = await host.stat(paths.configDirectory)
    if (directory?.kind !== 'directory' || directory.mode !== 0o700) return false
    if ((await host.read(paths.caFile)) !== credentials.ca) return false
    return (await isEnrolled(host, params)) || (await canEnrol(host, params))
  },
  async apply(host, params, { signal }) {
    const { paths, credentials } = params
    const { installer, ca } = credentials
    await host.makeDirectory(paths.configDirectory, 0o700)
    await host.write(paths.caFile, ca, 0o600)
    if (await isEnrolled(host, params)) return
    // Without a SHA-256 sum, because the service rewrites the file with each new key.
    const wasEnrolled = await isThere(host, paths.nodeIdentity)
    if (!wasEnrolled) await host.expect({ kind: 'remove-path', path: paths.nodeIdentity })
    await host.write(paths.installerCertificate, installer.certificate, 0o600)
    await host.write(paths.installerKey, installer.key.reveal(), 0o600)
    await makeKey(host, params)
    if (wasEnrolled && (await isUnitActive(host, paths.unit)))
      await bringUpUnit(host, paths.unit, { restart: true, signal })
  },
}

async function makeKey(host: Host, { paths, config }: InstallParams): Promise<void> {
  const { createKeyPair, keyToPem } = await import('../../pki/key.ts')
  const { buildCsr } = await import('../../pki/csr.ts')
  const { createPrivateKey } = await import('node:crypto')
  const pair = (await host.read(paths.nodeIdentity)) ?? (await host.read(paths.nodeKey)) ?? ''
  const { key: found } = partsOf(pair)
  const key = found === undefined ? createKeyPair().privateKey : createPrivateKey(found)
  if (found === undefined) await host.write(paths.nodeKey, keyToPem(key), 0o600)
  await host.write(paths.nodeCsr, buildCsr(key, config.nodeName), 0o600)
}

const END_OF_REQUEST = '-----END CERTIFICATE REQUEST-----'

async function canEnrol(host: HostView, { paths, credentials }: InstallParams): Promise<boolean> {
  if ((await host.read(paths.installerCertificate)) !== credentials.installer.certificate) return false
  if ((await host.read(paths.installerKey)) !== credentials.installer.key.reveal()) return false
  const { key } = partsOf((await host.read(paths.nodeIdentity)) ?? (await host.read(paths.nodeKey)) ?? '')
  return key !== undefined && (await host.read(paths.nodeCsr))?.trimEnd().endsWith(END_OF_REQUEST) === true
}

/**
 * A node whose certificate expired while it was off, is damaged, or of a former CA of the controller, enrols again. It reuses the key that the controller
 * knows if that can still be read.
 */
async function isEnrolled(host: HostView, { paths, credentials }: InstallParams): Promise<boolean> {
  const { cert } = partsOf((await host.read(paths.nodeIdentity)) ?? '')
  if (cert === undefined) return false
  const { expiryOf } = await import('../identity/node-names.ts')
  const { isIssuedBy, trustIn } = await import('../identity/trust.ts')
  const received = trustIn(await host.read(paths.trustFile), credentials.ca)
  const isTrusted = isIssuedBy(received?.authorities.join('') ?? credentials.ca, cert)
  return isTrusted && expiryOf({ cert }, host.now()) === undefined
}

async function isThere(host: HostView, path: string): Promise<boolean> {
  return (await host.stat(path)) !== undefined
}
