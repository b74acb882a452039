import { generateKeyPairSync } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { type AgentPaths, pathsOf } from '../../src/agent/paths.ts'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'

export interface Installation {
  readonly instance: string
  readonly paths: AgentPaths
  remove(): Promise<void>
}

/** An enrolled agent's files on this machine, under an instance name of its own; its controller is `url`. Needs root. */
export async function enrolledInstallation(name: string, url: string): Promise<Installation> {
  if (process.getuid?.() !== 0) throw new Error('the agent keeps its files below /etc and /var/lib: run this as root')
  const instance = `bench-${name}-${process.pid}`
  const paths = pathsOf(instance)
  const now = new Date()
  const ca = createCa({ commonName: 'bench', days: 1, now })
  const { publicKey, privateKey } = createKeyPair()
  const certificate = issueCertificate({
    ca,
    publicKey,
    commonName: 'n-aaaaaaaaaa',
    usages: ['clientAuth'],
    notBefore: now,
    days: 1,
  })
  const config = {
    format: 1,
    nodeName: 'bench',
    urls: [url],
    cluster: { id: 'c-aaaaaaaaaa', name: 'bench' },
    instructionKey: generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  }
  await mkdir(paths.configDirectory, { mode: 0o700 })
  await Promise.all(
    Object.entries({
      [paths.configFile]: JSON.stringify(config),
      [paths.caFile]: ca.certificate,
      [paths.nodeKey]: keyToPem(privateKey),
      [paths.nodeCertificate]: certificate,
    }).map(([path, text]) => writeFile(path, text, { mode: 0o600 })),
  )
  return { instance, paths, remove: () => removeInstallation(paths) }
}

export async function removeInstallation(paths: AgentPaths): Promise<void> {
  const directories = [paths.configDirectory, paths.stateDirectory, paths.logDirectory, paths.runtimeDirectory]
  await Promise.all(directories.map((path) => rm(path, { recursive: true, force: true })))
}
