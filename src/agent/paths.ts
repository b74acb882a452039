import { basename } from 'node:path/posix'
import { type Layout, STANDARD } from '../base/layout.ts'

/** The paths of one installation of the agent. With an instance name, each contains `cantrip-NAME`. */
export interface AgentPaths {
  name: string
  instance: string | undefined
  /** Where programs are on this machine. */
  layout: Layout
  executable: string
  /** Where an update is downloaded, beside the executable that it replaces. */
  newExecutable: string
  /** The executable that an update replaced, until the controller has welcomed the new one. */
  formerExecutable: string
  unit: string
  unitFile: string
  /** Brings the former executable back; see update/guard.ts. */
  guardUnitFile: string
  guardTimer: string
  guardTimerFile: string
  configDirectory: string
  configFile: string
  /** USER:PASSWORD by the host of a registry or a mirror. */
  registryLoginsFile: string
  caFile: string
  /** Key and certificate of the node in one file, after enrolment. */
  nodeIdentity: string
  /** Key and CSR, until enrolment. */
  nodeKey: string
  nodeCsr: string
  /** Certificate and key of the installer, removed after enrolment. */
  installerCertificate: string
  installerKey: string
  stateDirectory: string
  ledgerDirectory: string
  bundleDirectory: string
  instructionFile: string
  /** The last instruction that made this machine a node, or repaired it. */
  provisionedFile: string
  /** The last update of the agent, as far as it got. */
  updateFile: string
  /** Where a machine that is made from an image gets its credentials. */
  dayZeroDirectory: string
  /** Registers such a machine; started by the path unit. */
  firstBootUnit: string
  firstBootUnitFile: string
  firstBootPath: string
  firstBootPathFile: string
  hostKeysUnit: string
  hostKeysUnitFile: string
  /** The machine on which this node got its identity. */
  bornFile: string
  outboxFile: string
  linkFile: string
  /** What the controller told the node to trust, since its keys were rotated. */
  trustFile: string
  /** Where the controller told the node that it finds controllers. */
  controllersFile: string
  /** The images that people added to the cluster, as the controller signed the list. */
  imagesFile: string
  /** Which of them are here, and why others are not. */
  addedImagesFile: string
  logDirectory: string
  logFile: string
  runtimeDirectory: string
  statusFile: string
}

/** `root` is the prefix of every path: '' on a node, a temporary directory in a test. */
export function pathsOf(instance?: string, root = '', layout: Layout = STANDARD): AgentPaths {
  const name = nameOf(instance)
  const config = `${root}/etc/${name}`
  const state = `${root}/var/lib/${name}`
  const log = `${root}/var/log/${name}`
  const runtime = `${root}/run/${name}`
  const executable = `${root}${layout.binaries}/${name}-agent`
  const units = `${root}/etc/systemd/system`
  return {
    name,
    instance,
    layout,
    executable,
    newExecutable: `${executable}.new`,
    formerExecutable: `${executable}.former`,
    unit: `${name}-agent.service`,
    unitFile: `${units}/${name}-agent.service`,
    guardUnitFile: `${units}/${name}-agent-guard.service`,
    guardTimer: `${name}-agent-guard.timer`,
    guardTimerFile: `${units}/${name}-agent-guard.timer`,
    configDirectory: config,
    configFile: `${config}/agent.json`,
    registryLoginsFile: `${config}/registry-logins.json`,
    caFile: `${config}/ca.crt`,
    nodeIdentity: `${config}/node.pem`,
    nodeKey: `${config}/node.key`,
    nodeCsr: `${config}/node.csr`,
    installerCertificate: `${config}/installer.crt`,
    installerKey: `${config}/installer.key`,
    stateDirectory: state,
    ledgerDirectory: `${state}/ledger`,
    bundleDirectory: `${state}/bundle`,
    instructionFile: `${state}/instruction.json`,
    provisionedFile: `${state}/provisioned.json`,
    updateFile: `${state}/update.json`,
    dayZeroDirectory: `${config}-day0`,
    firstBootUnit: `${name}-first-boot.service`,
    firstBootUnitFile: `${units}/${name}-first-boot.service`,
    firstBootPath: `${name}-first-boot.path`,
    firstBootPathFile: `${units}/${name}-first-boot.path`,
    hostKeysUnit: `${name}-host-keys.service`,
    hostKeysUnitFile: `${units}/${name}-host-keys.service`,
    bornFile: `${state}/born.json`,
    outboxFile: `${state}/outbox`,
    linkFile: `${state}/link.json`,
    trustFile: `${state}/trust.json`,
    controllersFile: `${state}/controllers.json`,
    imagesFile: `${state}/images.json`,
    addedImagesFile: `${state}/added-images.json`,
    logDirectory: log,
    logFile: `${log}/agent.log`,
    runtimeDirectory: runtime,
    statusFile: `${runtime}/status.json`,
  }
}

/** Of files, units and directories of this installation. */
export const nameOf = (instance: string | undefined): string =>
  instance === undefined ? 'cantrip' : `cantrip-${instance}`

/** The agent in a printed command: its name, where that is in PATH and in the secure_path of sudo; otherwise its path. */
export const commandOf = ({ executable, layout }: Pick<AgentPaths, 'executable' | 'layout'>): string =>
  layout === STANDARD ? basename(executable) : executable

/** A DNS label, short enough for unit and directory names. */
export const INSTANCE_NAME = /^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$/
