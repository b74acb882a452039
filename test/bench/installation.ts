import { generateKeyPairSync } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import type { AgentConfig } from '../../src/agent/config.ts'
import type { Credentials } from '../../src/agent/identity/credentials.ts'
import { type AgentPaths, pathsOf } from '../../src/agent/paths.ts'
import { createCa, issueCertificate } from '../../src/pki/certificate.ts'
import { buildCsr } from '../../src/pki/csr.ts'
import { createKeyPair, keyToPem } from '../../src/pki/key.ts'

export interface Installation {
  readonly instance: string
  readonly paths: AgentPaths
  remove(): Promise<void>
}

/** The files of an enrolled agent whose controller is at `url`. */
export async function enrolledInstallation(name: string, url: string): Promise<Installation> {
  const now = new Date()
  const ca = createCa({ commonName: 'bench', days: 1, now })
  const { publicKey, privateKey } = createKeyPair()
  const order = { commonName: 'n-aaaaaaaaaa', usages: ['clientAuth'], notBefore: now, days: 1 } as const
  const instructionKey = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })
  return place(name, (paths) => ({
    [paths.configFile]: configOf({
      nodeName: name,
      urls: [url],
      cluster: { id: 'c-aaaaaaaaaa', name: 'bench' },
      instructionKey: instructionKey.toString('base64'),
    }),
    [paths.caFile]: ca.certificate,
    [paths.nodeIdentity]: keyToPem(privateKey) + issueCertificate({ ca, publicKey, ...order }),
  }))
}

/** The files of an agent before its enrolment, as an installation with these credentials writes them. */
export async function newInstallation(name: string, { ca, installer, enrolment }: Credentials): Promise<Installation> {
  const { privateKey } = createKeyPair()
  return place(name, (paths) => ({
    [paths.configFile]: configOf({ ...enrolment, nodeName: name }),
    [paths.caFile]: ca,
    [paths.installerCertificate]: installer.certificate,
    [paths.installerKey]: installer.key.reveal(),
    [paths.nodeKey]: keyToPem(privateKey),
    [paths.nodeCsr]: buildCsr(privateKey, name),
  }))
}

function configOf({
  nodeName,
  urls,
  cluster,
  instructionKey,
}: Pick<AgentConfig, 'nodeName' | 'urls' | 'cluster' | 'instructionKey'>): string {
  const config: AgentConfig = { format: 1, nodeName, urls, cluster, instructionKey }
  return JSON.stringify(config)
}

/** Writes the files on this machine for a separate instance, so that an installed agent is not affected. Needs root. */
async function place(name: string, files: (paths: AgentPaths) => Record<string, string>): Promise<Installation> {
  if (process.getuid?.() !== 0) throw new Error('the agent keeps its files below /etc and /var/lib: run this as root')
  const instance = `bench-${name}-${process.pid}`
  const paths = pathsOf(instance)
  await mkdir(paths.configDirectory, { mode: 0o700 })
  await Promise.all(Object.entries(files(paths)).map(([path, text]) => writeFile(path, text, { mode: 0o600 })))
  const directories = [paths.configDirectory, paths.stateDirectory, paths.logDirectory, paths.runtimeDirectory]
  const remove = async () => {
    await Promise.all(directories.map((path) => rm(path, { recursive: true, force: true })))
  }
  return { instance, paths, remove }
}
